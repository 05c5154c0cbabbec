// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.forward;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Sums over pieces of a vocabulary against the definition over all of it. */
class PairedPredictionsTest {
  private static double[] softmax(float[] logits) {
    double most = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      most = Math.max(most, logit);
    }
    double shift = most;
    double[] exp = new double[logits.length];
    for (int i = 0; i < exp.length; i++) {
      exp[i] = Math.exp(logits[i] - shift);
    }
    double sum = Arrays.stream(exp).sum();
    return Arrays.stream(exp).map(e -> e / sum).toArray();
  }

  private static double logSum(float[] logits) {
    double most = Double.NEGATIVE_INFINITY;
    double sum = 0;
    for (float logit : logits) {
      most = Math.max(most, logit);
    }
    for (float logit : logits) {
      sum += Math.exp(logit - most);
    }
    return most + Math.log(sum);
  }

  private static float[] logits(Random random, int vocabulary, float scale, float offset) {
    float[] logits = new float[vocabulary];
    for (int i = 0; i < vocabulary; i++) {
      logits[i] = (float) random.nextGaussian() * scale + offset;
    }
    return logits;
  }

  /** Adds rows in pieces of the given size. */
  private static PairedPredictions of(float[][] k, float[][] l, int[] targets, int piece) {
    PairedPredictions predictions = new PairedPredictions(targets);
    for (int first = 0; first < k[0].length; first += piece) {
      int to = Math.min(k[0].length, first + piece);
      for (int row = 0; row < k.length; row++) {
        float[] ofK = Arrays.copyOfRange(k[row], first, to);
        float[] ofL = Arrays.copyOfRange(l[row], first, to);
        predictions.add(row, first, ofK, ofL);
        predictions.addLogSums(row, logSum(ofK), logSum(ofL));
      }
    }
    return predictions;
  }

  @Test
  void figuresAreThoseOfTheWholeDistributions() {
    Random random = new Random(5);
    for (int vocabulary : new int[] {1, 2, 17, 251}) {
      for (int piece : new int[] {1, 7, 251}) {
        int rows = 5;
        float[][] k = new float[rows][];
        float[][] l = new float[rows][];
        int[] targets = new int[rows];
        for (int row = 0; row < rows; row++) {
          k[row] = logits(random, vocabulary, 1 + 4 * row, 100 * row);
          l[row] = logits(random, vocabulary, 1 + row, -300);
          targets[row] = random.nextInt(vocabulary);
        }
        PairedPredictions predictions = of(k, l, targets, piece);
        for (int row = 0; row < rows; row++) {
          double[] p = softmax(k[row]);
          double[] q = softmax(l[row]);
          double divergence = 0;
          int topOfP = 0;
          int topOfQ = 0;
          for (int i = 0; i < vocabulary; i++) {
            divergence += p[i] == 0 ? 0 : p[i] * (Math.log(p[i]) - Math.log(q[i]));
            topOfP = k[row][i] > k[row][topOfP] ? i : topOfP;
            topOfQ = l[row][i] > l[row][topOfQ] ? i : topOfQ;
          }
          assertEquals(divergence, predictions.divergences()[row], 1e-11 * (1 + divergence));
          assertEquals(topOfP == topOfQ, predictions.sameTop().get(row));
          assertEquals(
              logSum(l[row]) - l[row][targets[row]], predictions.losses()[row], 1e-11 * 300);
          assertEquals(
              logSum(k[row]) - k[row][targets[row]],
              predictions.referenceLosses()[row],
              1e-11 * 400);
        }
      }
    }
  }

  @Test
  void equalLogitsHaveNoDivergenceAtAll() {
    float[][] logits = {logits(new Random(1), 99, 3, 50), logits(new Random(2), 99, 30, -50)};
    PairedPredictions predictions = of(logits, logits, new int[] {3, 98}, 10);
    assertArrayEquals(new double[2], predictions.divergences());
    assertEquals(2, predictions.sameTop().cardinality());
  }

  /** A constant added to all logits changes no distribution. */
  @Test
  void divergenceIsOfDistributionsAndNeverNegative() {
    float[] k = logits(new Random(3), 64, 2, 0);
    float[] l = new float[64];
    for (int i = 0; i < l.length; i++) {
      l[i] = k[i] + 1024;
    }
    double divergence = of(new float[][] {k}, new float[][] {l}, new int[1], 9).divergences()[0];
    assertTrue(divergence >= 0 && divergence < 1e-4, "" + divergence);
  }

  @Test
  void theFirstOfEqualTokensIsTheLikeliest() {
    float[][] k = {{1, 5, 5, 0}};
    assertTrue(of(k, new float[][] {{0, 9, 9, 1}}, new int[1], 1).sameTop().get(0));
    assertFalse(of(k, new float[][] {{0, 8, 9, 1}}, new int[1], 3).sameTop().get(0));
  }

  @Test
  void tokensThatCannotBeCountNothing() {
    float never = Float.NEGATIVE_INFINITY;
    float[][] k = {{never, 1, never, 1}};
    float[][] l = {{never, 1, 1, 1}};
    for (int piece = 1; piece <= 4; piece++) {
      assertEquals(Math.log(1.5), of(k, l, new int[] {1}, piece).divergences()[0], 1e-15);
    }
  }

  @Test
  void whatIsNoNumberIsTold() {
    float[][] k = {{1, 2}};
    float[][] l = {{Float.NaN, 2}};
    assertTrue(Double.isNaN(of(k, l, new int[1], 2).divergences()[0]));
  }
}
