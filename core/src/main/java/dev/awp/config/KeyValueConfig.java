// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.OptionalInt;
import java.util.function.IntUnaryOperator;

/**
 * How the keys and values of a block's attention come about.
 *
 * @param keysAreValues whether values are what keys are before these are normed and rotated: there
 *     is no projection of values
 * @param valuesNormed whether each head of values is normed, without weights
 * @param sharedFrom the block whose keys and values they are, where they are another one's: there
 *     is no projection of keys either
 */
public record KeyValueConfig(boolean keysAreValues, boolean valuesNormed, OptionalInt sharedFrom) {
  /** Values of a projection of their own, as they are. */
  public static final KeyValueConfig USUAL = new KeyValueConfig(false, false, OptionalInt.empty());

  /** The same of another block, where it is another one's. */
  public KeyValueConfig withSharedFrom(IntUnaryOperator block) {
    return new KeyValueConfig(
        keysAreValues,
        valuesNormed,
        sharedFrom.isPresent()
            ? OptionalInt.of(block.applyAsInt(sharedFrom.getAsInt()))
            : sharedFrom);
  }

  /** Whether there is a projection of values. */
  public boolean projectsValues() {
    return !keysAreValues && sharedFrom.isEmpty();
  }
}
