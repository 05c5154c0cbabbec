// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.config.GatedDeltaConfig;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.kernel.NetworkKernels;
import dev.awp.model.GatedDeltaStep;
import dev.awp.model.recurrence.HeadScan;
import dev.awp.model.recurrence.RecurrentPlaces;
import dev.awp.model.sublayer.BlockWeights.Linear;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** x + out_proj(norm(scan(silu(conv(q, k, v)))) silu(z)), all of them projections of h. */
public final class GatedDelta extends RecurrentSublayer {
  /** Beneath the root of the lengths of queries and keys. */
  private static final double EPSILON = 1e-6;

  private final GatedDeltaConfig config;
  private final GatedDeltaStep step;
  private final List<Deferred<Linear>> inputs;
  private final MemorySegment norm;

  GatedDelta(GatedDeltaStep step, BlockWeights weights, RowOperations rows) {
    super(step, weights, rows, Optional.empty(), false);
    this.config = step.config();
    this.step = step;
    this.inputs =
        step.inputs().stream()
            .map(module -> new Deferred<>(() -> weights.linear(module, false)))
            .toList();
    this.norm = weights.vector(step.norm());
  }

  /** Floats of the buffers: for each row, and for the states. */
  static long floats(GatedDeltaConfig config, long rows, int threads) {
    long projected = (long) config.convolved() + config.width() + 2L * config.heads();
    return rows * (2 * projected + config.convolved() + config.width())
        + HeadScan.floats(config, threads);
  }

  /** What the input projections give, part by part: queries, keys and values; gates; b; a. */
  private record Parts(Matrix mixed, Matrix gates, Matrix betas, Matrix steps) {
    static Parts allocate(GatedDeltaConfig config, int most, Arena arena) {
      return new Parts(
          Matrix.allocate(arena, most, config.convolved()),
          Matrix.allocate(arena, most, config.width()),
          Matrix.allocate(arena, most, config.heads()),
          Matrix.allocate(arena, most, config.heads()));
    }

    List<Matrix> all() {
      return List.of(mixed, gates, betas, steps);
    }

    Parts rows(int count) {
      return new Parts(
          mixed.rowRange(0, count),
          gates.rowRange(0, count),
          betas.rowRange(0, count),
          steps.rowRange(0, count));
    }
  }

  @Override
  Heads heads(int most, RecurrentPlaces places, Arena arena) {
    Parts parts = Parts.allocate(config, most, arena);
    List<Matrix> stored = new ArrayList<>();
    if (step.isInterleaved()) {
      step.outputs().forEach(count -> stored.add(Matrix.allocate(arena, most, count)));
    }
    Matrix convolved = Matrix.allocate(arena, most, config.convolved());
    Matrix outputs = Matrix.allocate(arena, most, config.width());
    return normed -> {
      int n = normed.rows();
      Parts own = parts.rows(n);
      List<Matrix> to = step.isInterleaved() ? stored : own.all();
      for (int i = 0; i < inputs.size(); i++) {
        rows.project(normed, inputs.get(i).get(), to.get(i).rowRange(0, n));
      }
      if (step.isInterleaved()) {
        rows.forRows(n, row -> part(stored.get(0).row(row), stored.get(1).row(row), row, own));
      }
      Matrix mixed = convolved.rowRange(0, n);
      Matrix given = outputs.rowRange(0, n);
      places.convolve(convolution, own.mixed(), mixed);
      rows.forRows(n, row -> normalize(mixed.row(row)));
      scan(places, mixed, own, given);
      gate(own.gates(), given);
      return given;
    };
  }

  /**
   * Puts what lies head by head into parts.
   *
   * @param queryToGate of each head of keys its queries, keys, and the values and gates of its
   *     heads
   * @param betaStep of each head of keys the betas of its heads, then their steps
   */
  private void part(MemorySegment queryToGate, MemorySegment betaStep, int row, Parts to) {
    int shared = config.heads() / config.keyHeads();
    int key = config.keyDimension();
    int values = shared * config.valueDimension();
    MemorySegment mixed = to.mixed().row(row);
    for (int head = 0; head < config.keyHeads(); head++) {
      long from = (long) head * 2 * (key + values);
      int keys = config.keyWidth();
      copy(queryToGate, from, mixed, (long) head * key, key);
      copy(queryToGate, from + key, mixed, keys + (long) head * key, key);
      copy(queryToGate, from + 2L * key, mixed, 2L * keys + (long) head * values, values);
      long gates = from + 2L * key + values;
      copy(queryToGate, gates, to.gates().row(row), (long) head * values, values);
      long begin = 2L * head * shared;
      copy(betaStep, begin, to.betas().row(row), (long) head * shared, shared);
      copy(betaStep, begin + shared, to.steps().row(row), (long) head * shared, shared);
    }
  }

  private static void copy(MemorySegment from, long at, MemorySegment to, long place, long count) {
    MemorySegment.copy(from, at * Float.BYTES, to, place * Float.BYTES, count * Float.BYTES);
  }

  /** Every head of queries and of keys to length one, those of queries by the root of it too. */
  private void normalize(MemorySegment row) {
    ArithmeticKernels arithmetic = rows.compute().kernels().arithmetic();
    long bytes = (long) config.keyDimension() * Float.BYTES;
    double scale = 1 / Math.sqrt(config.keyDimension());
    for (int head = 0; head < 2 * config.keyHeads(); head++) {
      MemorySegment own = row.asSlice(head * bytes, bytes);
      double factor = 1 / Math.sqrt(arithmetic.dot(own, own) + EPSILON);
      boolean query = head < config.keyHeads();
      arithmetic.scale(own, (float) (query ? factor * scale : factor), own);
    }
  }

  /** S = g S, S = S + k (beta (v - S^T k))^T, y = S^T q, for every head. */
  private void scan(RecurrentPlaces places, Matrix mixed, Parts parts, Matrix out) {
    NetworkKernels network = rows.network();
    int shared = config.heads() / config.keyHeads();
    long key = (long) config.keyDimension() * Float.BYTES;
    long value = (long) config.valueDimension() * Float.BYTES;
    long keys = (long) config.keyWidth() * Float.BYTES;
    places.scan(
        new HeadScan(config, rows.compute()),
        mixed.rows(),
        (row, head, state, scratch) -> {
          MemorySegment from = mixed.row(row);
          MemorySegment ofQuery = from.asSlice(head / shared * key, key);
          MemorySegment ofKey = from.asSlice(keys + head / shared * key, key);
          MemorySegment values = from.asSlice(2 * keys + head * value, value);
          double dt = Softplus.of(parts.steps().get(row, head) + stepBiases[head]);
          float decay = (float) Math.exp(dt * decays[head]);
          float beta = (float) (1 / (1 + Math.exp(-parts.betas().get(row, head))));
          network.readState(state, ofKey, scratch);
          for (int i = 0; i < config.valueDimension(); i++) {
            float known = decay * scratch.getAtIndex(JAVA_FLOAT, i);
            float missing = values.getAtIndex(JAVA_FLOAT, i) - known;
            scratch.setAtIndex(JAVA_FLOAT, i, beta * missing);
          }
          MemorySegment y = out.row(row).asSlice(head * value, value);
          network.advanceState(state, decay, ofKey, scratch, ofQuery, y);
        });
  }

  /** Every head normed, then multiplied by silu(gate). */
  private void gate(Matrix gates, Matrix out) {
    long bytes = (long) config.valueDimension() * Float.BYTES;
    rows.forRows(
        out.rows(),
        r -> {
          MemorySegment row = out.row(r);
          for (long at = 0; at < row.byteSize(); at += bytes) {
            MemorySegment head = row.asSlice(at, bytes);
            rows.norm(head, norm, head);
          }
          rows.network().swiGlu(gates.row(r), row, row);
        });
  }
}
