// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import dev.awp.constraint.GridPoints;
import dev.awp.constraint.GridPoints.Neighbourhood;
import java.util.Arrays;

/**
 * Rounds consecutive columns of one row, one after the other, each error made up for by the columns
 * after it as in GPTQ's sweep ({@link ColumnOrder}), while several ways to go on are kept: of the
 * nearest point and the one on the value's other side, for every way, those go on that are best in
 * sum_j e_j^2 / U_jj^2. It is the K-best search of lattice decoding (Guo and Nilsson, IEEE JSAC 24,
 * 2006), of which GPTQ's sweep is the case of one way. Plain arrays: a way's values lie side by
 * side, so that what it does to later columns is one vectorised loop. For one worker.
 */
final class BeamRounding {
  /** Choices up to which each is compared with all others. */
  private static final int FEW = 8;

  private final int width;
  private final float[][] running;
  private final float[][] errors;
  private final float[][] codesOfWays;
  private final int[][] parents;
  private final float[] scores;
  private final boolean[] alive;
  private final long[] keys;
  private final boolean[] chosen;
  private final float[] choiceErrors;
  private final float[] choiceCodes;
  private final float[] choiceScores;
  private final float[] values;
  private final Neighbourhood found;
  private final float[] codes;
  private final float[] error;

  /**
   * Scratch for runs of up to so many columns.
   *
   * @param width ways that are kept
   */
  BeamRounding(int width, int columns) {
    this.width = width;
    this.running = new float[width][columns];
    this.errors = new float[columns][width];
    this.codesOfWays = new float[columns][width];
    this.parents = new int[columns][width];
    this.scores = new float[width];
    this.alive = new boolean[width];
    this.keys = new long[2 * width];
    this.chosen = new boolean[2 * width];
    this.choiceErrors = new float[2 * width];
    this.choiceCodes = new float[2 * width];
    this.choiceScores = new float[2 * width];
    this.values = new float[width];
    this.found = Neighbourhood.allocate(width);
    this.codes = new float[columns];
    this.error = new float[columns];
  }

  /**
   * How errors are answered.
   *
   * @param feedback [columns, columns]: row j holds -U_jk / U_jj for k after j; an array a row, for
   *     loops over two arrays at the same index become vectors
   * @param weights 1 / U_jj^2
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  record Feedback(int columns, float[][] feedback, float[] weights) {
    /** Of the places from (inclusive) to (exclusive) of an order. */
    static Feedback of(ColumnOrder order, int from, int to) {
      int n = to - from;
      Feedback some = new Feedback(n, new float[n][n], new float[n]);
      for (int j = 0; j < n; j++) {
        float pivot = order.pivot(from + j);
        some.weights[j] = 1 / (pivot * pivot);
        for (int k = j + 1; k < n; k++) {
          some.feedback[j][k] = order.feedback().get(from + j, from + k);
        }
      }
      return some;
    }
  }

  /** The codes of the best way. */
  float[] codes() {
    return codes;
  }

  /** What each column's value was off the point that it took, when it took it, on the best way. */
  float[] error() {
    return error;
  }

  /**
   * Rounds.
   *
   * @param target as many values as the feedback has columns
   */
  void round(float[] target, GridPoints points, Feedback feedback) {
    int n = feedback.columns;
    System.arraycopy(target, 0, running[0], 0, n);
    Arrays.fill(alive, false);
    alive[0] = true;
    scores[0] = 0;
    for (int j = 0; j < n; j++) {
      int choices = propose(j, points, feedback.weights[j]);
      choose(choices);
      take(j, n, feedback.feedback[j]);
    }
    trace(n);
  }

  /** For each way the nearest point, choice 2 way, and the one beyond the value, 2 way + 1. */
  private int propose(int j, GridPoints points, float weight) {
    for (int way = 0; way < width; way++) {
      values[way] = running[way][j];
    }
    points.around(j, values, width, found);
    int choices = 0;
    for (int way = 0; way < width; way++) {
      if (alive[way]) {
        propose(2 * way, found.codes()[way], found.values()[way], weight, choices++);
        if (!Float.isNaN(found.otherCodes()[way])) {
          propose(
              2 * way + 1, found.otherCodes()[way], found.otherValues()[way], weight, choices++);
        }
      }
    }
    return choices;
  }

  private void propose(int choice, float code, float value, float weight, int place) {
    int way = choice / 2;
    float e = values[way] - value;
    float score = scores[way] + weight * e * e;
    choiceErrors[choice] = e;
    choiceCodes[choice] = code;
    choiceScores[choice] = score;
    // Scores are not negative: their bits have their order, and a NaN comes last.
    keys[place] = ((long) Float.floatToIntBits(score) << Integer.SIZE) | choice;
  }

  /** Marks as many of the best choices as there are ways. */
  private void choose(int choices) {
    Arrays.fill(chosen, false);
    if (choices <= FEW && choices > width) {
      // Counting what is smaller has no branch that depends on the keys.
      for (int i = 0; i < choices; i++) {
        long key = keys[i];
        int smaller = 0;
        for (int other = 0; other < choices; other++) {
          smaller += keys[other] < key ? 1 : 0;
        }
        chosen[(int) key] = smaller < width;
      }
      return;
    }
    if (choices > width) {
      selectSmallest(keys, choices, width);
    }
    for (int i = 0; i < Math.min(choices, width); i++) {
      chosen[(int) keys[i]] = true;
    }
  }

  /** A way goes on in its place with one choice; a second one takes a place that became free. */
  private void take(int j, int n, float[] feedback) {
    for (int way = 0; way < width; way++) {
      alive[way] = chosen[2 * way] || chosen[2 * way + 1];
    }
    int free = 0;
    for (int way = 0; way < width; way++) {
      boolean both = chosen[2 * way] && chosen[2 * way + 1];
      if (both) {
        while (alive[free]) {
          free++;
        }
        alive[free] = true;
        extend(j, n, 2 * way + 1, free, feedback);
      }
      if (both || chosen[2 * way]) {
        extend(j, n, 2 * way, way, feedback);
      } else if (chosen[2 * way + 1]) {
        extend(j, n, 2 * way + 1, way, feedback);
      }
    }
  }

  private void extend(int j, int n, int choice, int place, float[] feedback) {
    float e = choiceErrors[choice];
    float[] before = running[choice / 2];
    float[] after = running[place];
    for (int k = j + 1; k < n; k++) {
      after[k] = before[k] + e * feedback[k];
    }
    scores[place] = choiceScores[choice];
    errors[j][place] = e;
    codesOfWays[j][place] = choiceCodes[choice];
    parents[j][place] = choice / 2;
  }

  /** Follows the best way back. */
  private void trace(int n) {
    int way = -1;
    for (int i = 0; i < width; i++) {
      if (alive[i] && (way < 0 || scores[i] < scores[way])) {
        way = i;
      }
    }
    for (int j = n - 1; j >= 0; j--) {
      codes[j] = codesOfWays[j][way];
      error[j] = errors[j][way];
      way = parents[j][way];
    }
  }

  /** Brings the k smallest of the first n keys, all different, to the front, in some order. */
  static void selectSmallest(long[] keys, int n, int k) {
    int low = 0;
    int high = n - 1;
    while (low < high) {
      long pivot = keys[(low + high) >>> 1];
      int i = low;
      int j = high;
      while (i <= j) {
        while (keys[i] < pivot) {
          i++;
        }
        while (keys[j] > pivot) {
          j--;
        }
        if (i <= j) {
          long swapped = keys[i];
          keys[i++] = keys[j];
          keys[j--] = swapped;
        }
      }
      if (k - 1 <= j) {
        high = j;
      } else if (k - 1 >= i) {
        low = i;
      } else {
        return;
      }
    }
  }
}
