// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.kernel.ArithmeticKernels;
import dev.awp.tensor.Matrix;
import dev.awp.text.TokenWeights;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Sums of squares over hidden states, [tokens, hidden].
 *
 * @param weights what each token counts
 */
record StateDistance(ArithmeticKernels arithmetic, TokenWeights weights) {
  /** Of some rows from others, squared; rounded to float32 number by number. */
  double between(Matrix some, Matrix other) {
    double sum = 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment difference = arena.allocate(ValueLayout.JAVA_FLOAT, some.columns());
      for (int row = 0; row < some.rows(); row++) {
        arithmetic.subtract(some.row(row), other.row(row), difference);
        sum += weights.get(row) * arithmetic.dot(difference, difference);
      }
    }
    return sum;
  }

  /** Of the rows from zero, squared. */
  double squares(Matrix states) {
    double sum = 0;
    for (int row = 0; row < states.rows(); row++) {
      sum += weights.get(row) * arithmetic.dot(states.row(row), states.row(row));
    }
    return sum;
  }
}
