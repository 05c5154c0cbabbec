// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.mask;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The bound is one: never above the best of all masks, and equal to it after a whole search. */
class MaskBoundTest {
  private static final int COLUMNS = 12;

  private static double[][] secondMoment(long seed, Arena arena) {
    Matrix c = RandomMatrices.secondMoment(COLUMNS, seed, arena);
    double[][] values = new double[COLUMNS][COLUMNS];
    for (int i = 0; i < COLUMNS; i++) {
      for (int j = 0; j < COLUMNS; j++) {
        values[i][j] = 0.5 * ((double) c.get(i, j) + c.get(j, i)) + (i == j ? 1e-3 : 0);
      }
    }
    return values;
  }

  /** f of the best mask, by trying all. */
  private static double best(double[][] c, double[] w, int range, int kept) {
    double best = Double.POSITIVE_INFINITY;
    for (int mask = 0; mask < 1 << COLUMNS; mask++) {
      boolean allowed = true;
      for (int from = 0; from < COLUMNS; from += range) {
        allowed &= Integer.bitCount((mask >> from) & ((1 << range) - 1)) <= kept;
      }
      if (allowed) {
        best = Math.min(best, objective(c, w, mask));
      }
    }
    return best;
  }

  /** f with least-squares weights: the Schur complement of C in the dropped columns, at w. */
  private static double objective(double[][] c, double[] w, int mask) {
    double[][] a = new double[COLUMNS][];
    for (int i = 0; i < COLUMNS; i++) {
      a[i] = c[i].clone();
    }
    for (int k = 0; k < COLUMNS; k++) {
      for (int i = 0; (mask >> k & 1) == 1 && i < COLUMNS; i++) {
        double factor = i == k ? 0 : a[i][k] / a[k][k];
        for (int j = 0; j < COLUMNS; j++) {
          a[i][j] -= factor * a[k][j];
        }
      }
    }
    double sum = 0;
    for (int i = 0; i < COLUMNS; i++) {
      for (int j = 0; j < COLUMNS; j++) {
        boolean dropped = (mask >> i & 1) == 0 && (mask >> j & 1) == 0;
        sum += dropped ? w[i] * a[i][j] * w[j] : 0;
      }
    }
    return sum;
  }

  @Test
  void boundsTheBestOfAllMasks() {
    try (Arena arena = Arena.ofConfined()) {
      for (long seed = 1; seed <= 4; seed++) {
        double[][] c = secondMoment(seed, arena);
        double[] w = new double[COLUMNS];
        Matrix random = RandomMatrices.of(Kind.GAUSSIAN, 1, COLUMNS, seed + 100, arena);
        Arrays.setAll(w, j -> random.get(0, j));
        for (int[] pattern : new int[][] {{COLUMNS, 2}, {COLUMNS, 6}, {4, 2}, {3, 1}}) {
          double best = best(c, w, pattern[0], pattern[1]);
          for (long limit : new long[] {1, 5, 1_000_000}) {
            MaskBound search = new MaskBound(c, PruningLimits.delta(c), w, pattern[0], pattern[1]);
            double bound = search.search(1.1 * best, 1, limit);
            assertTrue(bound <= best * (1 + 1e-9), bound + " above " + best);
            if (limit > 5) {
              assertEquals(best, bound, 1e-9 * best);
            }
          }
          double near =
              new MaskBound(c, PruningLimits.delta(c), w, pattern[0], pattern[1])
                  .search(best, 0.9, 1_000_000);
          assertEquals(0.9 * best, near, 1e-9 * best);
        }
      }
    }
  }
}
