// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.values;

import java.util.Arrays;

/**
 * Finds N:M patterns: counts for M = 4, 8, 16 how many non-zeros the aligned runs of M columns
 * have.
 */
final class BlockPatterns {
  private static final int[] SIZES = {4, 8, 16};

  /** Runs that have all N: fewer, and the bound is chance and no pattern. */
  private static final double SHARE_OF_FULL_RUNS = 0.25;

  private final long[][] runs = {new long[5], new long[9], new long[17]};

  /** Adds a row; columns behind the last whole run are left out. */
  void add(float[] row) {
    for (int i = 0; i < SIZES.length; i++) {
      int m = SIZES[i];
      for (int from = 0; from + m <= row.length; from += m) {
        int nonZeros = 0;
        for (int c = from; c < from + m; c++) {
          nonZeros += row[c] == 0 ? 0 : 1;
        }
        runs[i][nonZeros]++;
      }
    }
  }

  void add(BlockPatterns other) {
    for (int i = 0; i < runs.length; i++) {
      for (int n = 0; n < runs[i].length; n++) {
        runs[i][n] += other.runs[i][n];
      }
    }
  }

  /** The pattern that allows the fewest non-zeros, such as "2:4"; empty where there is none. */
  String describe() {
    String pattern = "";
    double density = 1;
    for (int i = 0; i < SIZES.length; i++) {
      int most = SIZES[i];
      while (most > 0 && runs[i][most] == 0) {
        most--;
      }
      boolean used = runs[i][most] >= SHARE_OF_FULL_RUNS * Arrays.stream(runs[i]).sum();
      if (most > 0 && used && (double) most / SIZES[i] < density) {
        density = (double) most / SIZES[i];
        pattern = most + ":" + SIZES[i];
      }
    }
    return pattern;
  }
}
