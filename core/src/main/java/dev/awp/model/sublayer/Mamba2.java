// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.config.GatedNorm;
import dev.awp.config.Mamba2Config;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.kernel.NetworkKernels;
import dev.awp.model.Mamba2Step;
import dev.awp.model.recurrence.HeadScan;
import dev.awp.model.recurrence.RecurrentPlaces;
import dev.awp.model.sublayer.BlockWeights.Linear;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** x + out_proj(norm(scan(silu(conv(in_proj(h)))), gate)). */
public final class Mamba2 extends RecurrentSublayer {
  private final Mamba2Config config;
  private final Deferred<Linear> input;
  private final float[] skips;
  private final Optional<MemorySegment> norm;

  Mamba2(Mamba2Step step, BlockWeights weights, RowOperations rows) {
    super(
        step,
        weights,
        rows,
        step.config().convolutionBias() ? Optional.of(step.convolutionBias()) : Optional.empty(),
        step.config().outputBias());
    this.config = step.config();
    this.input = new Deferred<>(() -> weights.linear(step.input(), config.inputBias()));
    this.skips = weights.vector(step.skip()).toArray(JAVA_FLOAT);
    this.norm =
        config.norm() == GatedNorm.NONE
            ? Optional.empty()
            : Optional.of(weights.vector(step.norm()));
  }

  /** Floats of the buffers: for each row, and for the states. */
  static long floats(Mamba2Config config, long rows, int threads) {
    return rows * ((long) config.projected() + config.convolved() + config.width())
        + HeadScan.floats(config, threads);
  }

  @Override
  Heads heads(int most, RecurrentPlaces places, Arena arena) {
    Matrix projected = Matrix.allocate(arena, most, config.projected());
    Matrix convolved = Matrix.allocate(arena, most, config.convolved());
    Matrix outputs = Matrix.allocate(arena, most, config.width());
    return normed -> {
      int n = normed.rows();
      Matrix all = projected.rowRange(0, n);
      Matrix given = outputs.rowRange(0, n);
      rows.project(normed, input.get(), all);
      multiply(all);
      int width = config.width();
      Matrix taken = all.columnRange(width, width + config.convolved());
      Matrix mixed = convolved.rowRange(0, n);
      places.convolve(convolution, taken, mixed);
      scan(places, mixed, all.columnRange(width + config.convolved(), config.projected()), given);
      gate(all.columnRange(0, width), given);
      return given;
    };
  }

  private void multiply(Matrix all) {
    int from = 0;
    for (int part = 0; part < config.multipliers().size(); part++) {
      int to = from + config.parts().get(part);
      rows.scale(all.columnRange(from, to), config.multipliers().get(part));
      from = to;
    }
  }

  /**
   * S = exp(dt A) S + dt B x^T, y = S^T C + D x, for every head.
   *
   * @param mixed x of all heads, B and C of all groups
   * @param steps dt of all heads, before its bias and softplus
   * @param out y
   */
  private void scan(RecurrentPlaces places, Matrix mixed, Matrix steps, Matrix out) {
    NetworkKernels network = rows.network();
    ArithmeticKernels arithmetic = rows.compute().kernels().arithmetic();
    int shared = config.heads() / config.groups();
    long dimension = (long) config.headDimension() * Float.BYTES;
    long key = (long) config.stateSize() * Float.BYTES;
    long keys = (long) config.width() * Float.BYTES;
    long queries = keys + config.groups() * key;
    places.scan(
        new HeadScan(config, rows.compute()),
        mixed.rows(),
        (row, head, state, scratch) -> {
          MemorySegment from = mixed.row(row);
          MemorySegment values = from.asSlice(head * dimension, dimension);
          long group = head / shared * key;
          float dt = step(steps.get(row, head) + stepBiases[head]);
          MemorySegment y = out.row(row).asSlice(head * dimension, dimension);
          arithmetic.scale(values, dt, scratch);
          network.advanceState(
              state,
              (float) Math.exp(dt * decays[head]),
              from.asSlice(keys + group, key),
              scratch,
              from.asSlice(queries + group, key),
              y);
          arithmetic.multiplyAdd(skips[head], values, y, y);
        });
  }

  /** log(1 + exp(x)), within its limits. */
  private float step(float x) {
    return Math.clamp((float) Softplus.of(x), config.leastStep(), config.largestStep());
  }

  /** out = silu(gate) out, normed before or after in groups of channels. */
  private void gate(Matrix gates, Matrix out) {
    NetworkKernels network = rows.network();
    rows.forRows(
        out.rows(),
        r -> {
          MemorySegment row = out.row(r);
          switch (config.norm()) {
            case NONE -> network.swiGlu(gates.row(r), row, row);
            case GATE_FIRST -> {
              network.swiGlu(gates.row(r), row, row);
              normGroups(row);
            }
            case NORM_FIRST -> {
              normGroups(row);
              network.swiGlu(gates.row(r), row, row);
            }
          }
        });
  }

  private void normGroups(MemorySegment row) {
    long bytes = row.byteSize() / config.groups();
    for (long at = 0; at < row.byteSize(); at += bytes) {
      MemorySegment group = row.asSlice(at, bytes);
      rows.norm(group, norm.orElseThrow().asSlice(at, bytes), group);
    }
  }
}
