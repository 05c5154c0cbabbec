// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import dev.awp.config.MlpConfig;
import dev.awp.model.InputSite;
import dev.awp.model.MlpStep;
import dev.awp.model.sublayer.BlockWeights.Linear;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * x + down_proj(act(gate_proj(h)) * up_proj(h)), or x + down_proj(act(up_proj(h))) where there is
 * no gate.
 */
public final class FeedForward implements Sublayer {
  private final int width;
  private final RowOperations rows;
  private final Gating gating;
  private final float gateMultiplier;
  private final Deferred<List<Linear>> inner;
  private final Deferred<Linear> down;
  private final Optional<MemorySegment> outputNorm;

  /** The MLP of a block. */
  FeedForward(MlpStep step, BlockWeights weights, RowOperations rows) {
    this(weights, step.module(), step.config(), step.norms().after().map(weights::norm), rows);
  }

  /**
   * An MLP, which may be the shared expert of a mixture.
   *
   * @param module what the names of its projections begin with
   * @param outputNorm of what it adds
   */
  FeedForward(
      BlockWeights weights,
      String module,
      MlpConfig config,
      Optional<MemorySegment> outputNorm,
      RowOperations rows) {
    this.width = config.width();
    this.rows = rows;
    this.gating = Gating.of(config, width, Optional.empty(), rows, weights.arena());
    List<String> inner =
        weights.layout().architecture().projections().inner(config.gated()).stream()
            .map(name -> module + name)
            .toList();
    List<Integer> widths = config.gated() ? List.of(width, width) : List.of(width);
    this.gateMultiplier = weights.layout().config().multipliers().sublayers().gates();
    String down = weights.layout().architecture().projections().down();
    this.inner = new Deferred<>(() -> weights.linears(inner, config.bias(), widths));
    this.down = new Deferred<>(() -> weights.linear(module + down, config.bias()));
    this.outputNorm = outputNorm;
  }

  /** Floats of the buffers. */
  static long floats(long rows, MlpConfig config) {
    return (config.gated() ? 2 : 1) * rows * config.width() + Gating.floats(config);
  }

  @Override
  public Pass prepare(int most, int length, Arena arena) {
    Matrix gates = Matrix.allocate(arena, most, width);
    Optional<Matrix> ups = gating.ups(most, arena);
    return (normed, x, _, inputs) -> {
      if (gate(normed, gates, ups, inputs)) {
        add(gates.rowRange(0, x.rows()), normed, x);
      }
    };
  }

  @Override
  public Optional<Ending> ending() {
    return Optional.of(new Ending(InputSite.MLP_OUTPUT, this::add));
  }

  private void add(Matrix gated, Matrix scratch, Matrix x) {
    rows.addProjected(gated, down.get(), outputNorm, scratch, x);
  }

  /** Buffers for what the gates are multiplied with, where there are gates. */
  Optional<Matrix> ups(int most, Arena arena) {
    return gating.ups(most, arena);
  }

  /**
   * out = down_proj(act(gate_proj(h)) * up_proj(h)), the hidden states left alone.
   *
   * @return false where nothing is wanted of it
   */
  boolean project(
      Matrix normed, Matrix gates, Optional<Matrix> ups, LinearInputs inputs, Matrix out) {
    if (!gate(normed, gates, ups, inputs)) {
      return false;
    }
    rows.project(gates.rowRange(0, normed.rows()), down.get(), out);
    return true;
  }

  /**
   * gates = act(gate_proj(h)) * up_proj(h).
   *
   * @return whether that is wanted by more than the inputs' observer
   */
  private boolean gate(Matrix normed, Matrix gates, Optional<Matrix> ups, LinearInputs inputs) {
    Matrix gate = gates.rowRange(0, normed.rows());
    Optional<Matrix> up = ups.map(all -> all.rowRange(0, normed.rows()));
    inputs.accept(InputSite.MLP_INPUT, normed);
    if (inputs.endsAt(InputSite.MLP_INPUT)) {
      return false;
    }
    rows.project(normed, inner.get().getFirst(), gate);
    up.ifPresent(own -> rows.project(normed, inner.get().getLast(), own));
    rows.scale(gate, gateMultiplier);
    gating.apply(gate, up);
    inputs.accept(InputSite.MLP_OUTPUT, gate);
    return !inputs.endsAt(InputSite.MLP_OUTPUT);
  }
}
