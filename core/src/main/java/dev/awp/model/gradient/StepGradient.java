// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.gradient;

import dev.awp.tensor.Matrix;

/** What a step of a block computes between its norms, with its derivatives. */
interface StepGradient {
  /**
   * Computes the step's outputs, and keeps what {@link #backward} needs.
   *
   * @param in normed hidden states [rows, hidden]; keep their values until then
   * @param beside what the states hold behind the hidden ones, as {@link
   *     dev.awp.model.StateColumns} says
   * @param out [rows, hidden]
   */
  void forward(Matrix in, Matrix beside, Matrix out);

  /**
   * The derivatives of a number by the layers' weights, and by the inputs.
   *
   * @param in what {@link #forward} was given
   * @param byOutput derivatives by its outputs [rows, hidden]
   * @param momentum what derivatives by weights of the passes before are multiplied by, and added
   * @param byInput receives those by its inputs [rows, hidden]
   */
  void backward(Matrix in, Matrix byOutput, float momentum, Matrix byInput);
}
