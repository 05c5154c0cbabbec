// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.forward;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.blas.Blas.Op;
import dev.awp.compute.Compute;
import dev.awp.config.ModelConfig;
import dev.awp.model.InputSite;
import dev.awp.model.ModelLayout;
import dev.awp.model.WeightSource;
import dev.awp.model.sublayer.BlockWeights;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.model.sublayer.RowOperations;
import dev.awp.stored.TensorReader;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The final norm and the projection to logits. The vocabulary goes by in pieces, so neither the
 * decoded head nor a full row of logits for all tokens is ever in memory.
 */
public final class OutputHead {
  private static final int VOCABULARY_CHUNK = 4096;
  static final int TOKEN_CHUNK = 512;

  private final ModelLayout layout;
  private final WeightSource source;
  private final Compute compute;
  private final TensorReader reader;

  OutputHead(ModelLayout layout, WeightSource source, Compute compute) {
    this.layout = layout;
    this.source = source;
    this.compute = compute;
    this.reader = new TensorReader(compute.kernels());
  }

  /** Off-heap memory of {@link #negativeLogLikelihood}, in bytes. */
  public static long bytes(ModelConfig config, int threads) {
    long piece = Math.min(VOCABULARY_CHUNK, config.vocabularySize());
    return (piece + 1) * config.hiddenSize() * Float.BYTES
        + threads * piece * TOKEN_CHUNK * Float.BYTES;
  }

  /**
   * The negative log-likelihood of one target token for every row of hidden states.
   *
   * @param states those behind the last block; normed in place
   * @param targets one token a row
   */
  public double[] negativeLogLikelihood(Matrix states, int[] targets) {
    Matrix x = hidden(states);
    if (targets.length != x.rows()) {
      throw new IllegalArgumentException(
          targets.length + " targets for " + x.rows() + " rows of hidden states");
    }
    normInPlace(x);
    double[] logSum = new double[x.rows()];
    double[] targetLogit = new double[x.rows()];
    Arrays.fill(logSum, Double.NEGATIVE_INFINITY);
    forEachPiece((rows, first) -> addPiece(x, rows, first, targets, logSum, targetLogit));
    double[] loss = new double[x.rows()];
    for (int i = 0; i < loss.length; i++) {
      loss[i] = logSum[i] - targetLogit[i];
    }
    return loss;
  }

  private interface VocabularyPiece {
    void accept(Matrix rows, int first);
  }

  private void forEachPiece(VocabularyPiece consumer) {
    int vocabulary = vocabulary();
    try (Arena arena = Arena.ofShared()) {
      Matrix piece = piece(arena);
      for (int first = 0; first < vocabulary; first += VOCABULARY_CHUNK) {
        Matrix rows = piece.rowRange(0, Math.min(VOCABULARY_CHUNK, vocabulary - first));
        decode(first, rows);
        consumer.accept(rows, first);
      }
    }
  }

  /** The hidden states among some states. */
  Matrix hidden(Matrix states) {
    return layout.columns().hidden(states);
  }

  /** What it runs on. */
  Compute compute() {
    return compute;
  }

  /** Tokens that there are logits for. */
  int vocabulary() {
    return layout.config().vocabularySize();
  }

  /** Room for the decoded weights of a piece of the vocabulary. */
  Matrix piece(Arena arena) {
    return Matrix.allocate(
        arena, Math.min(VOCABULARY_CHUNK, vocabulary()), layout.config().hiddenSize());
  }

  /** Decodes the weights of a piece of the vocabulary, which begins with a token. */
  void decode(int first, Matrix rows) {
    reader.decodeRows(source.tensor(layout.headTensor()), first, rows);
  }

  /** Logits for a piece of the vocabulary, [tokens, rows of the piece]. */
  Matrix logits(Matrix x, Matrix rows, Arena arena) {
    Matrix logits = Matrix.allocate(arena, x.rows(), rows.rows());
    multiply(x, rows, logits);
    return logits;
  }

  private void multiply(Matrix x, Matrix rows, Matrix logits) {
    float factor = layout.config().multipliers().logits();
    compute.blas().gemm(Op.NONE, Op.TRANSPOSE, factor, x, rows, 0, logits);
    layout
        .config()
        .logitSoftCap()
        .ifPresent(
            cap -> {
              for (int i = 0; i < x.rows(); i++) {
                compute.kernels().network().softCap(logits.row(i), 1, cap);
              }
            });
  }

  /**
   * The logits of what follows a token.
   *
   * @param state its states behind the last block; normed in place
   * @return one for each token of the vocabulary
   */
  float[] logits(Matrix state) {
    Matrix x = hidden(state);
    normInPlace(x);
    Matrix last = x.rowRange(0, 1);
    float[] logits = new float[layout.config().vocabularySize()];
    compute
        .workers()
        .forEachBlock(
            logits.length,
            TOKEN_CHUNK,
            (from, to) -> {
              try (Arena arena = Arena.ofConfined()) {
                Matrix rows = Matrix.allocate(arena, to - from, x.columns());
                Matrix piece = Matrix.allocate(arena, 1, to - from);
                decode(from, rows);
                multiply(last, rows, piece);
                MemorySegment.copy(piece.row(0), JAVA_FLOAT, 0, logits, from, to - from);
              }
            });
    return logits;
  }

  /** Norms hidden states in place: they are the head's inputs then. */
  void inputs(Matrix states, int length, LinearInputs inputs) {
    Matrix x = hidden(states);
    normInPlace(x);
    inputs.accept(InputSite.HEAD_INPUT, x);
  }

  private void addPiece(
      Matrix x, Matrix rows, int first, int[] targets, double[] logSum, double[] targetLogit) {
    compute
        .workers()
        .forEachBlock(
            x.rows(),
            TOKEN_CHUNK,
            (from, to) -> {
              try (Arena arena = Arena.ofConfined()) {
                Matrix logits = logits(x.rowRange(from, to), rows, arena);
                for (int i = from; i < to; i++) {
                  MemorySegment row = logits.row(i - from);
                  logSum[i] = logAddExp(logSum[i], compute.kernels().network().logSumExp(row));
                  int at = targets[i] - first;
                  if (at >= 0 && at < rows.rows()) {
                    targetLogit[i] = row.getAtIndex(JAVA_FLOAT, at);
                  }
                }
              }
            });
  }

  /** log(exp(a) + exp(b)). */
  static double logAddExp(double a, double b) {
    double larger = Math.max(a, b);
    double smaller = Math.min(a, b);
    return smaller == Double.NEGATIVE_INFINITY
        ? larger
        : larger + Math.log1p(Math.exp(smaller - larger));
  }

  /** Norms hidden states: what logits are made of. */
  void normInPlace(Matrix x) {
    RowOperations rows = RowOperations.of(layout.config(), compute);
    try (Arena arena = Arena.ofShared()) {
      Matrix weight = reader.matrix(source.tensor(layout.finalNorm()), arena);
      BlockWeights.addOffset(weight, layout.architecture().norms().offset());
      compute
          .workers()
          .forEachBlock(
              x.rows(),
              TOKEN_CHUNK,
              (from, to) -> {
                for (int r = from; r < to; r++) {
                  MemorySegment row = x.row(r);
                  rows.norm(row, weight.row(0), row);
                }
              });
    }
  }
}
