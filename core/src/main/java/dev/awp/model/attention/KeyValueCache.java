// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.attention;

import dev.awp.tensor.Matrix;
import java.lang.foreign.SegmentAllocator;

/**
 * Rotated keys and values of the tokens of one sequence that a block has seen. It belongs to that
 * block, and its memory to whoever made it.
 */
public final class KeyValueCache {
  private final Matrix keys;
  private final Matrix values;
  private final RotaryTable rotary;
  private int length;

  /**
   * An empty cache.
   *
   * @param keyWidth of a token's keys
   * @param valueWidth of its values
   * @param rotary of as many positions as there is room for
   */
  public KeyValueCache(
      int keyWidth, int valueWidth, RotaryTable rotary, SegmentAllocator allocator) {
    int capacity = rotary.cos().rows();
    this.keys = Matrix.allocate(allocator, capacity, keyWidth);
    this.values = Matrix.allocate(allocator, capacity, valueWidth);
    this.rotary = rotary;
  }

  /** Tokens seen. */
  public int length() {
    return length;
  }

  RotaryTable rotary() {
    return rotary;
  }

  /** Refuses more tokens than there is room for. */
  public void checkRoom(int tokens) {
    if (tokens > keys.rows() - length) {
      throw new IllegalArgumentException(
          "%s more tokens after %s, there is room for %s".formatted(tokens, length, keys.rows()));
    }
  }

  /** Adds the keys and values of the next tokens. */
  void append(Matrix k, Matrix v) {
    checkRoom(k.rows());
    keys.rowRange(length, length + k.rows()).copyFrom(k);
    values.rowRange(length, length + v.rows()).copyFrom(v);
    length += k.rows();
  }

  /** Keys of the tokens seen, [length, width]. */
  Matrix keys() {
    return keys.rowRange(0, length);
  }

  /** Values of the tokens seen, [length, width]. */
  Matrix values() {
    return values.rowRange(0, length);
  }
}
