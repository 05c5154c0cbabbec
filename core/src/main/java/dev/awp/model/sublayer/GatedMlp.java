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

/** x + down_proj(act(gate_proj(h)) * up_proj(h)). */
public final class GatedMlp implements Sublayer {
  private final int width;
  private final RowOperations rows;
  private final Gating gating;
  private final float gateMultiplier;
  private final Deferred<List<Linear>> gateUp;
  private final Deferred<Linear> down;
  private final Optional<MemorySegment> outputNorm;

  /** The MLP of a block. */
  GatedMlp(MlpStep step, BlockWeights weights, RowOperations rows) {
    this(weights, step.module(), step.config(), step.norms().after().map(weights::norm), rows);
  }

  /**
   * An MLP, which may be the shared expert of a mixture.
   *
   * @param module what the names of its projections begin with
   * @param outputNorm of what it adds
   */
  GatedMlp(
      BlockWeights weights,
      String module,
      MlpConfig config,
      Optional<MemorySegment> outputNorm,
      RowOperations rows) {
    this.width = config.width();
    this.rows = rows;
    this.gating = new Gating(config.activation(), rows);
    List<String> gated =
        weights.layout().architecture().projections().gated().stream()
            .map(name -> module + name)
            .toList();
    this.gateMultiplier = weights.layout().config().multipliers().sublayers().gates();
    String down = weights.layout().architecture().projections().down();
    this.gateUp =
        new Deferred<>(() -> weights.linears(gated, config.bias(), List.of(width, width)));
    this.down = new Deferred<>(() -> weights.linear(module + down, config.bias()));
    this.outputNorm = outputNorm;
  }

  /** Floats of the buffers. */
  static long floats(long rows, int width) {
    return 2 * rows * width;
  }

  @Override
  public Pass prepare(int most, int length, Arena arena) {
    Matrix gates = Matrix.allocate(arena, most, width);
    Matrix ups = Matrix.allocate(arena, most, width);
    return (normed, x, inputs) -> {
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

  /**
   * out = down_proj(act(gate_proj(h)) * up_proj(h)), the hidden states left alone.
   *
   * @return false where nothing is wanted of it
   */
  boolean project(Matrix normed, Matrix gates, Matrix ups, LinearInputs inputs, Matrix out) {
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
  private boolean gate(Matrix normed, Matrix gates, Matrix ups, LinearInputs inputs) {
    Matrix gate = gates.rowRange(0, normed.rows());
    Matrix up = ups.rowRange(0, normed.rows());
    inputs.accept(InputSite.MLP_INPUT, normed);
    if (inputs.endsAt(InputSite.MLP_INPUT)) {
      return false;
    }
    rows.project(normed, gateUp.get().get(0), gate);
    rows.project(normed, gateUp.get().get(1), up);
    rows.scale(gate, gateMultiplier);
    gating.apply(gate, up);
    inputs.accept(InputSite.MLP_OUTPUT, gate);
    return !inputs.endsAt(InputSite.MLP_OUTPUT);
  }
}
