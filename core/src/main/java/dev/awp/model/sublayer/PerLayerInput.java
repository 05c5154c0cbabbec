// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import dev.awp.model.InputSite;
import dev.awp.model.PerLayerStep;
import dev.awp.model.sublayer.BlockWeights.Linear;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** x + norm(projection(act(gate(x)) * v)), v the vectors that the block has for its tokens. */
final class PerLayerInput implements Sublayer {
  private final int width;
  private final int hidden;
  private final RowOperations rows;
  private final Gating gating;
  private final Deferred<TokenVectors> vectors;
  private final Deferred<Linear> gate;
  private final Deferred<Linear> output;
  private final Optional<MemorySegment> outputNorm;

  PerLayerInput(PerLayerStep step, BlockWeights weights, RowOperations rows) {
    this.width = step.config().width();
    this.hidden = step.layout().config().hiddenSize();
    this.rows = rows;
    this.gating =
        Gating.of(
            step.layout().config().block(step.block()).mlp(),
            width,
            Optional.empty(),
            rows,
            weights.arena());
    this.vectors = new Deferred<>(() -> TokenVectors.of(step, weights, rows));
    this.gate = new Deferred<>(() -> weights.linear(step.names().gate(), false));
    this.output = new Deferred<>(() -> weights.linear(step.names().output(), false));
    this.outputNorm = step.norms().after().map(weights::norm);
  }

  /** Floats of the buffers, and of the block's rows of the projection of embeddings. */
  static long floats(PerLayerStep step, long rows) {
    long hidden = step.layout().config().hiddenSize();
    return rows * (2L * step.config().width() + hidden) + hidden * step.config().width();
  }

  @Override
  public Pass prepare(int most, int length, Arena arena) {
    Matrix gates = Matrix.allocate(arena, most, width);
    Matrix ofTokens = Matrix.allocate(arena, most, width);
    Matrix embedded = Matrix.allocate(arena, most, hidden);
    return (normed, x, beside, inputs) -> {
      int n = x.rows();
      Matrix gated = gates.rowRange(0, n);
      Matrix own = ofTokens.rowRange(0, n);
      inputs.accept(InputSite.PER_LAYER_INPUT, normed);
      if (inputs.endsAt(InputSite.PER_LAYER_INPUT)) {
        return;
      }
      rows.project(normed, gate.get(), gated);
      vectors.get().of(beside.columnRange(0, 1), embedded.rowRange(0, n), own);
      gating.apply(gated, Optional.of(own));
      inputs.accept(InputSite.PER_LAYER_OUTPUT, gated);
      if (!inputs.endsAt(InputSite.PER_LAYER_OUTPUT)) {
        project(gated, normed, x);
      }
    };
  }

  @Override
  public Optional<Ending> ending() {
    return Optional.of(new Ending(InputSite.PER_LAYER_OUTPUT, this::project));
  }

  private void project(Matrix gated, Matrix scratch, Matrix x) {
    rows.addProjected(gated, output.get(), outputNorm, scratch, x);
  }
}
