// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import dev.awp.kernel.ArithmeticKernels;
import dev.awp.model.ModelLayout;
import dev.awp.model.PerLayerStep;
import dev.awp.model.sublayer.BlockWeights.Linear;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The vectors that a block has for its tokens: (norm(P e / sqrt(hidden)) + v) / sqrt(2), where e is
 * the token's embedding and v its row of the block's columns of a table.
 */
public final class TokenVectors {
  private final TokenTable embedding;
  private final TokenTable table;
  private final int first;
  private final Linear projection;
  private final MemorySegment norm;
  private final RowOperations rows;

  /**
   * The vectors of a block.
   *
   * @param first column of the table, and row of the projection of all blocks, that is the block's
   * @param projection P, the block's rows of it
   * @param norm weights of its norm
   */
  private TokenVectors(
      TokenTable embedding,
      TokenTable table,
      int first,
      Linear projection,
      MemorySegment norm,
      RowOperations rows) {
    this.embedding = embedding;
    this.table = table;
    this.first = first;
    this.projection = projection;
    this.norm = norm;
    this.rows = rows;
  }

  /** Those of a step's block; the block's rows of the projection are decoded. */
  public static TokenVectors of(PerLayerStep step, BlockWeights weights, RowOperations rows) {
    ModelLayout layout = step.layout();
    int width = step.config().width();
    int first = step.block() * width;
    String decoder = layout.config().names().decoder();
    var stored = weights.source().tensor(decoder + step.names().table() + ".weight");
    stored.checkPresent();
    return new TokenVectors(
        TokenTable.embedding(layout, weights.source(), weights.compute()),
        new TokenTable(
            stored,
            width * layout.config().layers(),
            TokenTable.root(width, stored),
            weights.compute()),
        first,
        weights.rows(decoder + step.names().projection() + ".weight", first, first + width),
        weights.normOf(decoder + step.names().projectionNorm()),
        rows);
  }

  /**
   * The vectors of some tokens.
   *
   * @param tokens a column of them
   * @param embedded scratch [tokens, hidden]
   * @param out [tokens, width]
   */
  public void of(Matrix tokens, Matrix embedded, Matrix out) {
    ArithmeticKernels arithmetic = rows.compute().kernels().arithmetic();
    rows.forRows(
        tokens.rows(), r -> embedding.row((int) tokens.get(r, 0), embedded.rowRange(r, r + 1)));
    rows.project(embedded, projection, out);
    float root = (float) (1 / Math.sqrt(embedding.columns()));
    float half = (float) Math.sqrt(0.5);
    rows.forRows(
        tokens.rows(),
        r -> {
          MemorySegment row = out.row(r);
          arithmetic.scale(row, root, row);
          rows.norm(row, norm, row);
          try (Arena arena = Arena.ofConfined()) {
            Matrix own = Matrix.allocate(arena, 1, out.columns());
            table.part((int) tokens.get(r, 0), first, own.row(0));
            arithmetic.add(row, own.row(0), row);
          }
          arithmetic.scale(row, half, row);
        });
  }
}
