// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.structured.choice;

import dev.awp.structured.RemovalProblem;

/**
 * By what a column contributes to the outputs where all others are ignored: |w_j|^2 C_jj, its
 * magnitude times that of its inputs, squared. Weights stay as they are.
 */
final class Magnitude extends Scored {
  @Override
  public String name() {
    return "magnitude";
  }

  @Override
  double score(RemovalProblem problem, int column) {
    double squares = 0;
    for (int row = 0; row < problem.w().rows(); row++) {
      double weight = problem.w().get(row, column);
      squares += weight * weight;
    }
    return squares * problem.c().get(column, column);
  }
}
