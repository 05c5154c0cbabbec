// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import dev.awp.config.AttentionConfig;
import dev.awp.config.AttentionTemperature;
import dev.awp.config.QueryKeyNorm;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.model.AttentionStep;
import dev.awp.model.InputSite;
import dev.awp.model.attention.Attention;
import dev.awp.model.attention.SequencePlaces;
import dev.awp.model.sublayer.BlockWeights.Linear;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** x + o_proj(attention(q, k, v)), q and k rotated by their positions. */
public final class SelfAttention implements AttentionSublayer {
  private final AttentionConfig config;
  private final RowOperations rows;
  private final Deferred<List<Linear>> queryKeyValue;
  private final Deferred<Linear> output;
  private final QueryKeyNorm kind;
  private final Optional<MemorySegment> queryNorm;
  private final Optional<MemorySegment> keyNorm;
  private final Optional<MemorySegment> outputNorm;
  private final Optional<MemorySegment> sinks;

  /** Where the states hold keys, and behind them values, that blocks share; none for others. */
  private final OptionalInt shared;

  /** Weights of norms that have none. */
  private final MemorySegment ones;

  SelfAttention(AttentionStep step, BlockWeights weights, RowOperations rows) {
    this.config = step.config();
    this.rows = rows;
    this.queryKeyValue =
        new Deferred<>(() -> weights.linears(step.inputs(), config.inputBias(), step.inputRows()));
    this.output = new Deferred<>(() -> weights.linear(step.output(), config.outputBias()));
    this.kind = config.queryKeyNorm();
    boolean normed = kind != QueryKeyNorm.NONE && kind != QueryKeyNorm.ROTATED_HEADS;
    this.queryNorm = norm(weights, step.queryNorm(), normed);
    this.keyNorm =
        norm(weights, step.keyNorm(), normed && config.keyValues().sharedFrom().isEmpty());
    this.outputNorm = step.norms().after().map(weights::norm);
    this.sinks =
        config.scores().sinks() ? Optional.of(weights.vector(step.sinks())) : Optional.empty();
    this.shared =
        step.layout().columns().keys(config.keyValues().sharedFrom().orElse(step.block()));
    this.ones = RowOperations.ones(config.headDimension(), weights.arena());
  }

  private static Optional<MemorySegment> norm(BlockWeights weights, String module, boolean there) {
    return there ? Optional.of(weights.norm(module)) : Optional.empty();
  }

  /** Floats of the buffers: for each row, and for a sequence. */
  static long floats(AttentionConfig config, long rows, int length, int threads) {
    long rotary = (long) length * config.headDimension();
    long scores = (long) threads * Math.min(Attention.QUERY_BLOCK, length) * length;
    long gated = config.outputGate() ? rows * config.queryRows() : 0;
    return rows * (2L * config.queryWidth() + 2L * config.keyValueWidth())
        + gated
        + rotary
        + scores;
  }

  @Override
  public AttentionConfig config() {
    return config;
  }

  @Override
  public Attention attention() {
    return new Attention(config, rows.compute(), sinks);
  }

  @Override
  public Pass prepare(int most, SequencePlaces places, Arena arena) {
    Matrix queries = Matrix.allocate(arena, most, config.queryWidth());
    boolean borrows = config.keyValues().sharedFrom().isPresent();
    int own = borrows ? 0 : most;
    Matrix keys = Matrix.allocate(arena, own, config.keyValueWidth());
    Matrix values = Matrix.allocate(arena, own, config.keyValueWidth());
    Matrix outputs = Matrix.allocate(arena, most, config.queryWidth());
    Optional<Matrix> gated =
        config.outputGate()
            ? Optional.of(Matrix.allocate(arena, most, config.queryRows()))
            : Optional.empty();
    return (normed, x, beside, inputs) -> {
      int n = x.rows();
      Matrix q = queries.rowRange(0, n);
      Matrix k = borrows ? shared(beside, 0) : keys.rowRange(0, n);
      Matrix v = borrows ? shared(beside, 1) : values.rowRange(0, n);
      Matrix attended = outputs.rowRange(0, n);
      inputs.accept(InputSite.ATTENTION_INPUT, normed);
      if (inputs.endsAt(InputSite.ATTENTION_INPUT)) {
        return;
      }
      List<Linear> projections = queryKeyValue.get();
      Optional<Matrix> queryGates = gated.map(all -> all.rowRange(0, n));
      rows.project(normed, projections.get(0), queryGates.orElse(q));
      queryGates.ifPresent(all -> rows.forRows(n, r -> takeQueries(all.row(r), q.row(r))));
      rotate(q, queryNorm, places);
      if (!borrows) {
        makeKeyValues(normed, projections, k, v, places);
        if (shared.isPresent()) {
          shared(beside, 0).copyFrom(k);
          shared(beside, 1).copyFrom(v);
        }
      }
      config.scores().temperature().ifPresent(temperature -> scale(q, temperature, places));
      places.attend(q, k, v, attended);
      queryGates.ifPresent(all -> rows.forRows(n, r -> gate(all.row(r), attended.row(r))));
      inputs.accept(InputSite.ATTENTION_OUTPUT, attended);
      if (!inputs.endsAt(InputSite.ATTENTION_OUTPUT)) {
        project(attended, normed, x);
      }
    };
  }

  private void makeKeyValues(
      Matrix normed, List<Linear> projections, Matrix k, Matrix v, SequencePlaces places) {
    rows.project(normed, projections.get(1), k);
    if (config.keyValues().keysAreValues()) {
      v.copyFrom(k);
    } else {
      rows.project(normed, projections.get(2), v);
    }
    if (config.keyValues().valuesNormed()) {
      rows.forRows(v.rows(), r -> normHeads(v.row(r)));
    }
    rotate(k, keyNorm, places);
  }

  /**
   * Keys or values that blocks share.
   *
   * @param beside what states hold behind the hidden ones
   * @param which 0 for keys, 1 for values
   */
  private Matrix shared(Matrix beside, int which) {
    int from = shared.orElseThrow() + which * config.keyValueWidth();
    return beside.columnRange(from, from + config.keyValueWidth());
  }

  /** Norms every head of values. */
  private void normHeads(MemorySegment values) {
    for (long at = 0; at < values.byteSize(); at += ones.byteSize()) {
      MemorySegment head = values.asSlice(at, ones.byteSize());
      rows.norm(head, ones, head);
    }
  }

  /** Queries of every head, behind which its gates lie. */
  private void takeQueries(MemorySegment queryGates, MemorySegment queries) {
    long bytes = (long) config.headDimension() * Float.BYTES;
    for (int head = 0; head < config.heads(); head++) {
      MemorySegment.copy(queryGates, 2L * head * bytes, queries, head * bytes, bytes);
    }
  }

  /** Multiplies what every head gathered by the sigmoids of its gates. */
  private void gate(MemorySegment queryGates, MemorySegment attended) {
    long bytes = (long) config.headDimension() * Float.BYTES;
    for (int head = 0; head < config.heads(); head++) {
      MemorySegment own = attended.asSlice(head * bytes, bytes);
      rows.network().glu(queryGates.asSlice((2L * head + 1) * bytes, bytes), own, own);
    }
  }

  @Override
  public Optional<Ending> ending() {
    // The end alone would leave out the keys and values that later blocks take.
    boolean keeps = shared.isPresent() && config.keyValues().sharedFrom().isEmpty();
    return keeps
        ? Optional.empty()
        : Optional.of(new Ending(InputSite.ATTENTION_OUTPUT, this::project));
  }

  private void project(Matrix attended, Matrix scratch, Matrix x) {
    rows.addProjected(attended, output.get(), outputNorm, scratch, x);
  }

  /** Norms where the architecture does, and rotates every head by its position. */
  private void rotate(Matrix x, Optional<MemorySegment> norm, SequencePlaces places) {
    long headBytes = (long) config.headDimension() * Float.BYTES;
    HeadRotation rotation = HeadRotation.of(config, rows.network());
    rows.forRows(
        x.rows(),
        r -> {
          MemorySegment row = x.row(r);
          if (kind == QueryKeyNorm.TOGETHER) {
            rows.norm(row, norm.orElseThrow(), row);
          }
          for (long at = 0; at < row.byteSize(); at += headBytes) {
            MemorySegment head = row.asSlice(at, headBytes);
            if (kind == QueryKeyNorm.HEADS) {
              rows.norm(head, norm.orElseThrow(), head);
            } else if (kind == QueryKeyNorm.HEADS_APART) {
              rows.norm(head, norm.orElseThrow().asSlice(at, headBytes), head);
            }
            rotation.apply(head, r, places);
            if (kind == QueryKeyNorm.ROTATED_HEADS) {
              rows.norm(head, ones, head);
            }
          }
        });
  }

  private void scale(Matrix queries, AttentionTemperature temperature, SequencePlaces places) {
    ArithmeticKernels arithmetic = rows.compute().kernels().arithmetic();
    rows.forRows(
        queries.rows(),
        r -> {
          float factor = temperature.factor(places.position(r));
          if (factor != 1) {
            arithmetic.scale(queries.row(r), factor, queries.row(r));
          }
        });
  }
}
