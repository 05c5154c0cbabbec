// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.forward;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.compute.Compute;
import dev.awp.config.ModelConfig;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The heads of two models over one vocabulary, which goes by in pieces as in {@link OutputHead}: p
 * is what the reference predicts, q what the other one does.
 */
public final class HeadPair {
  private final OutputHead reference;
  private final OutputHead head;
  private final Compute compute;

  private HeadPair(OutputHead reference, OutputHead head, Compute compute) {
    this.reference = reference;
    this.head = head;
    this.compute = compute;
  }

  /**
   * Two heads.
   *
   * @throws IllegalArgumentException where their vocabularies are not of one size
   */
  public static HeadPair of(OutputHead reference, OutputHead head) {
    if (reference.vocabulary() != head.vocabulary()) {
      throw new IllegalArgumentException(
          "heads of %s and %s tokens".formatted(reference.vocabulary(), head.vocabulary()));
    }
    return new HeadPair(reference, head, head.compute());
  }

  /** Off-heap memory of {@link #compare}, in bytes. */
  public static long bytes(ModelConfig reference, ModelConfig config, int threads) {
    return OutputHead.bytes(reference, threads) + OutputHead.bytes(config, threads);
  }

  /**
   * Compares the predictions of the next token, row by row.
   *
   * @param expected the reference's states behind its last block; normed in place
   * @param actual the other model's; normed in place
   * @param targets one token a row
   */
  public PairedPredictions compare(Matrix expected, Matrix actual, int[] targets) {
    Matrix p = reference.hidden(expected);
    Matrix q = head.hidden(actual);
    if (targets.length != p.rows() || q.rows() != p.rows()) {
      throw new IllegalArgumentException(
          "%s targets for %s and %s rows of hidden states"
              .formatted(targets.length, p.rows(), q.rows()));
    }
    reference.normInPlace(p);
    head.normInPlace(q);
    PairedPredictions predictions = new PairedPredictions(targets);
    int vocabulary = head.vocabulary();
    try (Arena arena = Arena.ofShared()) {
      Matrix referencePiece = reference.piece(arena);
      Matrix piece = head.piece(arena);
      for (int first = 0; first < vocabulary; first += piece.rows()) {
        int tokens = Math.min(piece.rows(), vocabulary - first);
        Matrix referenceRows = referencePiece.rowRange(0, tokens);
        Matrix rows = piece.rowRange(0, tokens);
        reference.decode(first, referenceRows);
        head.decode(first, rows);
        addPiece(p, q, referenceRows, rows, first, predictions);
      }
    }
    return predictions;
  }

  private void addPiece(
      Matrix p,
      Matrix q,
      Matrix referenceRows,
      Matrix rows,
      int first,
      PairedPredictions predictions) {
    compute
        .workers()
        .forEachBlock(
            p.rows(),
            OutputHead.TOKEN_CHUNK,
            (from, to) -> {
              try (Arena arena = Arena.ofConfined()) {
                Matrix ofReference = reference.logits(p.rowRange(from, to), referenceRows, arena);
                Matrix of = head.logits(q.rowRange(from, to), rows, arena);
                float[] k = new float[rows.rows()];
                float[] l = new float[rows.rows()];
                for (int i = from; i < to; i++) {
                  MemorySegment pRow = ofReference.row(i - from);
                  MemorySegment qRow = of.row(i - from);
                  MemorySegment.copy(pRow, JAVA_FLOAT, 0, k, 0, k.length);
                  MemorySegment.copy(qRow, JAVA_FLOAT, 0, l, 0, l.length);
                  predictions.add(i, first, k, l);
                  predictions.addLogSums(
                      i,
                      compute.kernels().network().logSumExp(pRow),
                      compute.kernels().network().logSumExp(qRow));
                }
              }
            });
  }
}
