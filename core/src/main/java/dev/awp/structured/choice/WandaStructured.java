// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.structured.choice;

import dev.awp.structured.RemovalProblem;

/**
 * By the sum of Wanda's scores of a column's weights: sum_i |w_ij| sqrt(C_jj) (Wanda-sp of An et
 * al., "Fluctuation-based Adaptive Structured Pruning for Large Language Models", AAAI 2024).
 * Weights stay as they are.
 */
final class WandaStructured extends Scored {
  @Override
  public String name() {
    return "wanda-sp";
  }

  @Override
  double score(RemovalProblem problem, int column) {
    double magnitudes = 0;
    for (int row = 0; row < problem.w().rows(); row++) {
      magnitudes += Math.abs(problem.w().get(row, column));
    }
    return magnitudes * Math.sqrt(problem.c().get(column, column));
  }
}
