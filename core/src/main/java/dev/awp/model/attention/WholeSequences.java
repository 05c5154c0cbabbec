// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.attention;

import dev.awp.tensor.Matrix;

/** Sequences of equal length, one behind the other, each whole. */
public record WholeSequences(int length, RotaryTable rotary, Attention attention)
    implements SequencePlaces {
  @Override
  public int position(int row) {
    return row % length;
  }

  @Override
  public void attend(Matrix q, Matrix k, Matrix v, Matrix out) {
    attention.forward(q, k, v, out, length);
  }
}
