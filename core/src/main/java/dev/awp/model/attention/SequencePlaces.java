// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.attention;

import dev.awp.tensor.Matrix;

/** Where the rows that pass through a block stand in their sequences, and what they attend to. */
public sealed interface SequencePlaces permits WholeSequences, NextTokens {
  /** Position of a row in its sequence. */
  int position(int row);

  RotaryTable rotary();

  /**
   * Attends from every row to those of its sequence up to it.
   *
   * @param q [rows, heads * headDimension], rotated
   * @param k [rows, keyValueHeads * headDimension], rotated
   * @param v [rows, keyValueHeads * headDimension]
   * @param out [rows, heads * headDimension]
   */
  void attend(Matrix q, Matrix k, Matrix v, Matrix out);
}
