// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.config.ExpertConfig;
import dev.awp.config.Routing;
import dev.awp.model.sublayer.BlockWeights.Linear;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * Sends every token to the experts with the largest scores, softmax(R h) or sigmoid(R h); among
 * equal ones to the first. Where experts have groups, to those of the best groups alone.
 *
 * @param linear R, [experts, hidden]
 * @param correction what is added to each score for the choice alone, where something is
 */
record Router(
    ExpertConfig experts, Linear linear, Optional<MemorySegment> correction, RowOperations rows) {
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
          score(scratch.row(r));
          keepLargest(scratch.row(r));
        });
    return new Routes(scratch);
  }

  private void score(MemorySegment outputs) {
    if (experts.routing().scoring() == Routing.Scoring.SOFTMAX) {
      rows.network().softmax(outputs, 1);
      return;
    }
    for (int e = 0; e < experts.count(); e++) {
      double output = outputs.getAtIndex(JAVA_FLOAT, e);
      outputs.setAtIndex(JAVA_FLOAT, e, (float) (1 / (1 + Math.exp(-output))));
    }
  }

  private void keepLargest(MemorySegment scores) {
    int n = experts.count();
    float[] choice = new float[n];
    for (int e = 0; e < n; e++) {
      float more = correction.isPresent() ? correction.get().getAtIndex(JAVA_FLOAT, e) : 0;
      choice[e] = scores.getAtIndex(JAVA_FLOAT, e) + more;
    }
    boolean[] open = open(choice);
    float[] kept = new float[n];
    double sum = 0;
    for (int i = 0; i < experts.perToken(); i++) {
      int best = largest(choice, open, 0, n);
      open[best] = false;
      // A share that has underflowed still is a choice.
      kept[best] = Math.max(scores.getAtIndex(JAVA_FLOAT, best), Float.MIN_VALUE);
      sum += kept[best];
    }
    Routing routing = experts.routing();
    float factor = routing.normalized() ? (float) (routing.factor() / sum) : routing.factor();
    for (int e = 0; e < n; e++) {
      scores.setAtIndex(JAVA_FLOAT, e, kept[e] * factor);
    }
  }

  /** Which experts may be chosen: those of the best groups. */
  private boolean[] open(float[] choice) {
    Routing routing = experts.routing();
    boolean[] open = new boolean[choice.length];
    if (routing.groups() == 1) {
      Arrays.fill(open, true);
      return open;
    }
    int size = choice.length / routing.groups();
    float[] groups = new float[routing.groups()];
    for (int g = 0; g < groups.length; g++) {
      groups[g] = groupScore(choice, g * size, (g + 1) * size);
    }
    boolean[] free = new boolean[groups.length];
    Arrays.fill(free, true);
    for (int i = 0; i < routing.groupsPerToken(); i++) {
      int best = largest(groups, free, 0, groups.length);
      free[best] = false;
      Arrays.fill(open, best * size, (best + 1) * size, true);
    }
    return open;
  }

  private float groupScore(float[] choice, int from, int to) {
    boolean[] free = new boolean[choice.length];
    Arrays.fill(free, from, to, true);
    int first = largest(choice, free, from, to);
    if (experts.routing().groupScore() == Routing.GroupScore.LARGEST) {
      return choice[first];
    }
    free[first] = false;
    return choice[first] + choice[largest(choice, free, from, to)];
  }

  /** The first of the largest values that are free; one of them is. */
  private static int largest(float[] values, boolean[] free, int from, int to) {
    int best = -1;
    for (int i = from; i < to; i++) {
      if (free[i] && (best < 0 || values[i] > values[best])) {
        best = i;
      }
    }
    return best;
  }
}
