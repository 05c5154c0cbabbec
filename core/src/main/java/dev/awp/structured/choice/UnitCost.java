// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.structured.choice;

import dev.awp.structured.ColumnTableau;

/** What several columns cost together: tr(G_UU (A_UU)^-1), by the Cholesky factor of A_UU. */
final class UnitCost {
  private final double[][] factor;
  private final double[][] squares;

  UnitCost(ColumnTableau tableau, int[] columns) {
    int m = columns.length;
    double sign = tableau.isKept(columns[0]) ? -1 : 1;
    this.factor = new double[m][m];
    this.squares = new double[m][m];
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < m; j++) {
        factor[i][j] = sign * tableau.entry(columns[i], columns[j]);
        squares[i][j] = tableau.square(columns[i], columns[j]);
      }
    }
  }

  /** With A = L L^T, the trace of L^-1 G L^-T. */
  double trace() {
    int m = factor.length;
    for (int k = 0; k < m; k++) {
      double pivot = Math.sqrt(factor[k][k]);
      factor[k][k] = pivot;
      for (int i = k + 1; i < m; i++) {
        factor[i][k] /= pivot;
      }
      for (int i = k + 1; i < m; i++) {
        for (int j = k + 1; j <= i; j++) {
          factor[i][j] -= factor[i][k] * factor[j][k];
        }
      }
    }
    // Rows of G become those of L^-1 G, then its columns those of L^-1 G L^-T.
    for (int k = 0; k < m; k++) {
      scale(squares[k], 1 / factor[k][k]);
      for (int i = k + 1; i < m; i++) {
        subtract(squares[i], factor[i][k], squares[k]);
      }
    }
    double trace = 0;
    for (int i = 0; i < m; i++) {
      // The i-th column of the result needs those before it of the same row alone.
      double[] row = squares[i];
      for (int k = 0; k <= i; k++) {
        double sum = row[k];
        for (int j = 0; j < k; j++) {
          sum -= row[j] * factor[k][j];
        }
        row[k] = sum / factor[k][k];
      }
      trace += row[i];
    }
    return trace;
  }

  private static void scale(double[] row, double factor) {
    for (int j = 0; j < row.length; j++) {
      row[j] *= factor;
    }
  }

  private static void subtract(double[] row, double factor, double[] other) {
    for (int j = 0; j < row.length; j++) {
      row[j] -= factor * other[j];
    }
  }
}
