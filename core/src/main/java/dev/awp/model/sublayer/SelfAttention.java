// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.config.Architecture;
import dev.awp.config.AttentionConfig;
import dev.awp.config.QueryKeyNorm;
import dev.awp.model.AttentionStep;
import dev.awp.model.InputSite;
import dev.awp.model.attention.Attention;
import dev.awp.model.attention.SequencePlaces;
import dev.awp.model.sublayer.BlockWeights.Linear;
import dev.awp.rope.RotatedPairs;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** x + o_proj(attention(q, k, v)), q and k rotated by their positions. */
public final class SelfAttention implements Sublayer {
  private final AttentionConfig config;
  private final RowOperations rows;
  private final Deferred<List<Linear>> queryKeyValue;
  private final Deferred<Linear> output;
  private final QueryKeyNorm kind;
  private final Optional<MemorySegment> queryNorm;
  private final Optional<MemorySegment> keyNorm;
  private final Optional<MemorySegment> outputNorm;

  SelfAttention(AttentionStep step, BlockWeights weights, RowOperations rows) {
    Architecture architecture = step.layout().architecture();
    this.config = step.config();
    this.rows = rows;
    this.queryKeyValue =
        new Deferred<>(
            () ->
                weights.linears(
                    architecture.projections().attention(),
                    config.inputBias(),
                    List.of(config.queryWidth(), config.keyValueWidth(), config.keyValueWidth())));
    this.output = new Deferred<>(() -> weights.linear("self_attn.o_proj", config.outputBias()));
    this.kind = architecture.queryKeyNorm();
    boolean normed = kind != QueryKeyNorm.NONE;
    this.queryNorm = norm(weights, "self_attn.q_norm", normed);
    this.keyNorm = norm(weights, "self_attn.k_norm", normed);
    this.outputNorm = step.norms().after().map(weights::norm);
  }

  private static Optional<MemorySegment> norm(BlockWeights weights, String module, boolean there) {
    return there ? Optional.of(weights.norm(module)) : Optional.empty();
  }

  /** Floats of the buffers: for each row, and for a sequence. */
  static long floats(AttentionConfig config, long rows, int length, int threads) {
    long rotary = (long) length * config.headDimension();
    long scores = (long) threads * Math.min(Attention.QUERY_BLOCK, length) * length;
    return rows * (2L * config.queryWidth() + 2L * config.keyValueWidth()) + rotary + scores;
  }

  @Override
  public Pass prepare(int most, SequencePlaces places, Arena arena) {
    Matrix queries = Matrix.allocate(arena, most, config.queryWidth());
    Matrix keys = Matrix.allocate(arena, most, config.keyValueWidth());
    Matrix values = Matrix.allocate(arena, most, config.keyValueWidth());
    Matrix outputs = Matrix.allocate(arena, most, config.queryWidth());
    return (normed, x, inputs) -> {
      int n = x.rows();
      Matrix q = queries.rowRange(0, n);
      Matrix k = keys.rowRange(0, n);
      Matrix v = values.rowRange(0, n);
      Matrix attended = outputs.rowRange(0, n);
      inputs.accept(InputSite.ATTENTION_INPUT, normed);
      if (inputs.endsAt(InputSite.ATTENTION_INPUT)) {
        return;
      }
      List<Linear> projections = queryKeyValue.get();
      rows.project(normed, projections.get(0), q);
      rows.project(normed, projections.get(1), k);
      rows.project(normed, projections.get(2), v);
      rotate(q, queryNorm, places);
      rotate(k, keyNorm, places);
      places.attend(q, k, v, attended);
      inputs.accept(InputSite.ATTENTION_OUTPUT, attended);
      if (!inputs.endsAt(InputSite.ATTENTION_OUTPUT)) {
        project(attended, normed, x);
      }
    };
  }

  @Override
  public Optional<Ending> ending() {
    return Optional.of(new Ending(InputSite.ATTENTION_OUTPUT, this::project));
  }

  private void project(Matrix attended, Matrix scratch, Matrix x) {
    rows.addProjected(attended, output.get(), outputNorm, scratch, x);
  }

  /** Norms where the architecture does, and rotates every head by its position. */
  private void rotate(Matrix x, Optional<MemorySegment> norm, SequencePlaces places) {
    long headBytes = (long) config.headDimension() * Float.BYTES;
    boolean neighbours =
        config.rotation().filter(r -> r.pairs() == RotatedPairs.NEIGHBOURS).isPresent();
    rows.forRows(
        x.rows(),
        r -> {
          MemorySegment row = x.row(r);
          MemorySegment cos = places.rotary().cos().row(places.position(r));
          MemorySegment sin = places.rotary().sin().row(places.position(r));
          if (kind == QueryKeyNorm.TOGETHER) {
            rows.network().rmsNorm(row, norm.orElseThrow(), rows.epsilon(), row);
          }
          for (long at = 0; at < row.byteSize(); at += headBytes) {
            MemorySegment head = row.asSlice(at, headBytes);
            if (kind == QueryKeyNorm.HEADS) {
              rows.network().rmsNorm(head, norm.orElseThrow(), rows.epsilon(), head);
            }
            MemorySegment rotated = head.asSlice(0, cos.byteSize() + sin.byteSize());
            if (neighbours) {
              part(rotated);
            }
            rows.network().rotate(rotated, cos, sin);
          }
        });
  }

  /**
   * Moves the first columns of all pairs before the second ones. They stay there: scores are the
   * same, for queries and keys are moved alike.
   */
  private static void part(MemorySegment pairs) {
    float[] values = pairs.toArray(JAVA_FLOAT);
    int half = values.length / 2;
    for (int i = 0; i < half; i++) {
      pairs.setAtIndex(JAVA_FLOAT, i, values[2 * i]);
      pairs.setAtIndex(JAVA_FLOAT, half + i, values[2 * i + 1]);
    }
  }
}
