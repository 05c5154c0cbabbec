// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

import dev.awp.calibration.CrossMoment;
import dev.awp.calibration.SecondMoment;
import dev.awp.kernel.Compute;
import dev.awp.model.DecoderBlock;
import dev.awp.model.InputSite;
import dev.awp.model.LinearInputs;
import dev.awp.model.LinearLayer;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The moments of a decoder block's input sites while they are accumulated. */
final class BlockMoments implements LinearInputs, AutoCloseable {
  private final Compute compute;
  private final Map<InputSite, SecondMoment> seconds = new EnumMap<>(InputSite.class);
  private final Map<InputSite, CrossMoment> drifts = new EnumMap<>(InputSite.class);

  /**
   * Empty sums for a block.
   *
   * @param linears its layers
   * @param withDrift whether {@link #observe} will be told of the original model's states too
   */
  BlockMoments(List<LinearLayer> linears, boolean withDrift, Compute compute) {
    this.compute = compute;
    try {
      for (LinearLayer linear : linears) {
        seconds.computeIfAbsent(linear.site(), site -> new SecondMoment(linear.columns(), compute));
        if (withDrift) {
          drifts.computeIfAbsent(linear.site(), site -> new CrossMoment(linear.columns(), compute));
        }
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  @Override
  public void accept(InputSite site, Matrix inputs) {
    seconds.get(site).add(inputs);
  }

  /**
   * Runs copies of states through the block, chunk by chunk, and drops what comes out. With the
   * original model's states their drift is observed too; the block must then still have its
   * original weights.
   *
   * @param original states of the original model, for the same tokens; advanced
   */
  void observe(DecoderBlock block, Matrix states, Optional<Matrix> original, int length) {
    int rows = Math.min(states.rows(), DecoderBlock.chunkRows(length));
    try (Arena arena = Arena.ofShared()) {
      Matrix copy = Matrix.allocate(arena, rows, states.columns());
      Map<InputSite, Matrix> expected = new EnumMap<>(InputSite.class);
      drifts.forEach(
          (site, drift) -> expected.put(site, Matrix.allocate(arena, rows, drift.columns())));
      for (int from = 0; from < states.rows(); from += rows) {
        if (original.isPresent()) {
          Matrix ahead = original.get().rowRange(from, Math.min(states.rows(), from + rows));
          block.forward(
              ahead,
              length,
              (site, inputs) -> expected.get(site).rowRange(0, inputs.rows()).copyFrom(inputs));
        }
        block.forward(
            copyOf(states, from, copy),
            length,
            (site, inputs) -> {
              accept(site, inputs);
              if (original.isPresent()) {
                addDrift(site, expected.get(site).rowRange(0, inputs.rows()), inputs);
              }
            });
      }
    }
  }

  /** The rows of states from an index on, as many as the copy has room for. */
  private static Matrix copyOf(Matrix states, int from, Matrix copy) {
    int to = Math.min(states.rows(), from + copy.rows());
    Matrix chunk = copy.rowRange(0, to - from);
    chunk.copyFrom(states.rowRange(from, to));
    return chunk;
  }

  /** Adds (x - x~) x~^T; x becomes x - x~. */
  private void addDrift(InputSite site, Matrix expected, Matrix inputs) {
    for (int row = 0; row < inputs.rows(); row++) {
      compute
          .kernels()
          .arithmetic()
          .subtract(expected.row(row), inputs.row(row), expected.row(row));
    }
    drifts.get(site).add(expected, inputs);
  }

  /** C of a site; what it was summed in is freed. */
  Matrix finish(InputSite site, String what, Arena arena) {
    try (SecondMoment moment = seconds.remove(site)) {
      return moment.finish(what, arena);
    }
  }

  /** Takes the drift of a site, for the caller to close. */
  CrossMoment takeDrift(InputSite site) {
    return drifts.remove(site);
  }

  @Override
  public void close() {
    seconds.values().forEach(SecondMoment::close);
    drifts.values().forEach(CrossMoment::close);
  }
}
