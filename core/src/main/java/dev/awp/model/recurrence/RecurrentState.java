// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.recurrence;

import dev.awp.config.Recurrence;
import dev.awp.tensor.Matrix;
import java.lang.foreign.SegmentAllocator;

/**
 * What a block's recurrence knows of the tokens of one sequence that it has seen. It belongs to
 * that block, and its memory to whoever made it.
 */
public final class RecurrentState {
  private final Matrix latest;
  private final Matrix heads;

  /** Of a sequence that has not begun. */
  public RecurrentState(Recurrence recurrence, SegmentAllocator allocator) {
    this.latest =
        Matrix.allocate(allocator, Math.max(1, recurrence.kernel() - 1), recurrence.convolved());
    this.heads = Matrix.allocate(allocator, recurrence.heads(), stateSize(recurrence));
    latest.segment().fill((byte) 0);
    heads.segment().fill((byte) 0);
  }

  /** Numbers of the state of one head. */
  static int stateSize(Recurrence recurrence) {
    return Math.multiplyExact(recurrence.keyDimension(), recurrence.valueDimension());
  }

  /** Inputs of the convolution of the last tokens, the newest last; zeros before the first. */
  Matrix latest() {
    return latest;
  }

  /** The state of every head, a row each. */
  Matrix heads() {
    return heads;
  }
}
