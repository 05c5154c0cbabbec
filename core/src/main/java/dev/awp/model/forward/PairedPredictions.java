// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.forward;

import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;

/**
 * What two models predict of the next token, row by row, summed up while the vocabulary goes by in
 * pieces. With logits k of the reference, whose distribution is p = softmax(k), and l of the other
 * model, q = softmax(l),
 *
 * <pre>
 *   D(p || q) = sum p (log p - log q)
 *             = sum exp(k - max k) (k - l) / sum exp(k - max k) - log sum exp k + log sum exp l
 * </pre>
 *
 * <p>in float64. Rows may be added to by several threads at once, a row by one at a time.
 */
public final class PairedPredictions {
  private final int[] targets;
  private final Side reference;
  private final Side other;

  /** Of each row: sum exp(k - max k) (k - l). */
  private final double[] differences;

  /** What is known of one of the two models. */
  private static final class Side {
    private final float[] most;
    private final int[] top;
    private final double[] sum;
    private final double[] target;

    /** log sum exp by the kernel, as a model by itself is evaluated. */
    private final double[] logSum;

    private Side(int rows) {
      this.most = new float[rows];
      this.top = new int[rows];
      this.sum = new double[rows];
      this.target = new double[rows];
      this.logSum = new double[rows];
      Arrays.fill(most, Float.NEGATIVE_INFINITY);
      Arrays.fill(logSum, Double.NEGATIVE_INFINITY);
    }

    /** Takes the maximum of a piece; what the sums so far are to be multiplied with. */
    private double raise(int row, int first, float[] logits) {
      float before = most[row];
      for (int i = 0; i < logits.length; i++) {
        if (logits[i] > most[row]) {
          most[row] = logits[i];
          top[row] = first + i;
        }
      }
      return most[row] == before ? 1 : Math.exp((double) before - most[row]);
    }

    /** What is subtracted from logits; a number also where no token is possible so far. */
    private double shift(int row) {
      return most[row] == Float.NEGATIVE_INFINITY ? 0 : most[row];
    }

    private double loss(int row) {
      return logSum[row] - target[row];
    }
  }

  PairedPredictions(int[] targets) {
    this.targets = targets;
    this.reference = new Side(targets.length);
    this.other = new Side(targets.length);
    this.differences = new double[targets.length];
  }

  /**
   * Adds a piece of the vocabulary to a row.
   *
   * @param first token of the piece; pieces come in the order of their tokens
   * @param k logits of the reference
   * @param l logits of the other model
   */
  void add(int row, int first, float[] k, float[] l) {
    double shrunk = reference.raise(row, first, k);
    double ofReference = reference.sum[row] * shrunk;
    double difference = differences[row] * shrunk;
    double ofOther = other.sum[row] * other.raise(row, first, l);
    double mostOfReference = reference.shift(row);
    double mostOfOther = other.shift(row);
    for (int i = 0; i < k.length; i++) {
      double p = Math.exp(k[i] - mostOfReference);
      ofReference += p;
      if (p != 0) {
        difference += p * ((double) k[i] - l[i]);
      }
      ofOther += Math.exp(l[i] - mostOfOther);
    }
    reference.sum[row] = ofReference;
    other.sum[row] = ofOther;
    differences[row] = difference;
    int target = targets[row] - first;
    if (target >= 0 && target < k.length) {
      reference.target[row] = k[target];
      other.target[row] = l[target];
    }
  }

  /** Adds log sum exp of a piece to a row. */
  void addLogSums(int row, double ofReference, double ofOther) {
    reference.logSum[row] = OutputHead.logAddExp(reference.logSum[row], ofReference);
    other.logSum[row] = OutputHead.logAddExp(other.logSum[row], ofOther);
  }

  /** D(p || q) in nats; what rounding makes negative is 0. */
  public double[] divergences() {
    return rows()
        .mapToDouble(
            row ->
                Math.max(
                    0,
                    differences[row] / reference.sum[row]
                        - (reference.most[row] + Math.log(reference.sum[row]))
                        + (other.most[row] + Math.log(other.sum[row]))))
        .toArray();
  }

  /** The reference's negative log-likelihood of each row's target, in nats. */
  public double[] referenceLosses() {
    return rows().mapToDouble(reference::loss).toArray();
  }

  /** The same of the other model: what {@link OutputHead#negativeLogLikelihood} gives. */
  public double[] losses() {
    return rows().mapToDouble(other::loss).toArray();
  }

  /** The rows for which both models hold the same token for the likeliest; the first of equals. */
  public BitSet sameTop() {
    BitSet same = new BitSet(targets.length);
    rows().filter(row -> reference.top[row] == other.top[row]).forEach(same::set);
    return same;
  }

  private IntStream rows() {
    return IntStream.range(0, targets.length);
  }
}
