// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.config.ExpertConfig;
import dev.awp.model.sublayer.BlockWeights.Linear;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Sends every token to the experts with the largest softmax(R h); among equal ones to the first.
 *
 * @param linear R, [experts, hidden]
 */
record Router(ExpertConfig experts, Linear linear, RowOperations rows) {
  /**
   * Where the tokens of a chunk go.
   *
   * @param weights [tokens, experts]: the share of an expert's output, 0 where it has no part
   */
  record Routes(Matrix weights) {
    /** The tokens of one expert, ascending. */
    int[] tokens(int expert) {
      int[] tokens = new int[weights.rows()];
      int count = 0;
      for (int token = 0; token < weights.rows(); token++) {
        if (weights.get(token, expert) > 0) {
          tokens[count++] = token;
        }
      }
      return Arrays.copyOf(tokens, count);
    }

    float weight(int token, int expert) {
      return weights.get(token, expert);
    }
  }

  /**
   * Routes tokens.
   *
   * @param normed [tokens, hidden]
   * @param scratch [tokens, experts], holds the result
   */
  Routes route(Matrix normed, Matrix scratch) {
    rows.project(normed, linear, scratch);
    rows.forRows(
        scratch.rows(),
        r -> {
          rows.network().softmax(scratch.row(r), 1);
          keepLargest(scratch.row(r));
        });
    return new Routes(scratch);
  }

  private void keepLargest(MemorySegment shares) {
    int n = experts.count();
    float[] kept = new float[n];
    double sum = 0;
    for (int i = 0; i < experts.perToken(); i++) {
      int best = -1;
      for (int e = 0; e < n; e++) {
        boolean free = kept[e] == 0;
        float share = shares.getAtIndex(JAVA_FLOAT, e);
        if (free && (best < 0 || share > shares.getAtIndex(JAVA_FLOAT, best))) {
          best = e;
        }
      }
      // A share that has underflowed still is a choice.
      kept[best] = Math.max(shares.getAtIndex(JAVA_FLOAT, best), Float.MIN_VALUE);
      sum += kept[best];
    }
    float factor = experts.normalized() ? (float) (1 / sum) : 1;
    for (int e = 0; e < n; e++) {
      shares.setAtIndex(JAVA_FLOAT, e, kept[e] * factor);
    }
  }
}
