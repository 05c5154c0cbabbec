// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import dev.awp.config.AttentionConfig;
import dev.awp.config.LatentAttention;
import dev.awp.model.InputSite;
import dev.awp.model.LatentAttentionStep;
import dev.awp.model.attention.Attention;
import dev.awp.model.attention.SequencePlaces;
import dev.awp.model.sublayer.BlockWeights.Linear;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * x + o_proj(attention(q, k, v)), k and v made of a smaller vector of the token, and q of another
 * one where there is one. A head of keys is what the vector says, and behind it rotated columns
 * that all heads share.
 */
public final class LatentSelfAttention implements AttentionSublayer {
  /** Of the norms of the smaller vectors, whatever config.json says of others. */
  private static final float EPSILON = 1e-6f;

  private final LatentAttentionStep step;
  private final AttentionConfig config;
  private final LatentAttention latent;
  private final RowOperations rows;
  private final RowOperations norms;
  private final Optional<Deferred<Linear>> queryLatent;
  private final Deferred<Linear> queries;
  private final Deferred<Linear> keyValueLatent;
  private final Deferred<Linear> keysValues;
  private final Deferred<Linear> output;
  private final Optional<MemorySegment> queryNorm;
  private final MemorySegment keyValueNorm;
  private final Optional<MemorySegment> outputNorm;

  LatentSelfAttention(LatentAttentionStep step, BlockWeights weights, RowOperations rows) {
    this.step = step;
    this.config = step.config();
    this.latent = step.latent();
    this.rows = rows;
    this.norms = new RowOperations(rows.compute(), rows.norm(), EPSILON, rows.added());
    boolean direct = latent.queryRank().isEmpty();
    boolean bias = config.inputBias();
    this.queryLatent =
        direct
            ? Optional.empty()
            : Optional.of(
                new Deferred<>(() -> weights.linear(LatentAttentionStep.QUERY_LATENT, bias)));
    String ofQueries = direct ? LatentAttentionStep.QUERIES : LatentAttentionStep.LATENT_QUERIES;
    this.queries = new Deferred<>(() -> weights.linear(ofQueries, false));
    this.keyValueLatent =
        new Deferred<>(() -> weights.linear(LatentAttentionStep.KEY_VALUE_LATENT, bias));
    this.keysValues = new Deferred<>(() -> weights.linear(LatentAttentionStep.KEYS_VALUES, false));
    this.output =
        new Deferred<>(() -> weights.linear(LatentAttentionStep.OUTPUT, config.outputBias()));
    this.queryNorm =
        direct ? Optional.empty() : Optional.of(weights.norm(LatentAttentionStep.QUERY_NORM));
    this.keyValueNorm = weights.norm(LatentAttentionStep.KEY_VALUE_NORM);
    this.outputNorm = step.norms().after().map(weights::norm);
  }

  /** Floats of the buffers: for each row, and for a sequence. */
  static long floats(LatentAttentionStep step, long rows, int length, int threads) {
    AttentionConfig config = step.config();
    long rotary = (long) length * step.rotatedDimension();
    long scores = (long) threads * Math.min(Attention.QUERY_BLOCK, length) * (length + 1L);
    long row =
        config.queryWidth()
            + config.keyValueWidth()
            + config.valueWidth()
            + config.outputWidth()
            + 2L * step.latent().keyValueRank()
            + step.rotatedDimension()
            + step.latent().queryRank().orElse(0)
            + step.expandedWidth();
    return rows * row + rotary + scores;
  }

  /** Buffers for the rows of a chunk. */
  private record Buffers(
      Matrix queryLatent,
      Matrix queries,
      Matrix keyValueInput,
      Matrix keyValueLatent,
      Matrix expanded,
      Matrix keys,
      Matrix values,
      Matrix outputs) {
    private Buffers first(int n) {
      return new Buffers(
          queryLatent.rowRange(0, n),
          queries.rowRange(0, n),
          keyValueInput.rowRange(0, n),
          keyValueLatent.rowRange(0, n),
          expanded.rowRange(0, n),
          keys.rowRange(0, n),
          values.rowRange(0, n),
          outputs.rowRange(0, n));
    }
  }

  @Override
  public AttentionConfig config() {
    return config;
  }

  @Override
  public Attention attention() {
    return new Attention(config, rows.compute(), Optional.empty());
  }

  @Override
  public Pass prepare(int most, SequencePlaces places, Arena arena) {
    int rank = latent.keyValueRank();
    Buffers all =
        new Buffers(
            Matrix.allocate(arena, most, latent.queryRank().orElse(0)),
            Matrix.allocate(arena, most, config.queryWidth()),
            Matrix.allocate(arena, most, rank + step.rotatedDimension()),
            Matrix.allocate(arena, most, rank),
            Matrix.allocate(arena, most, step.expandedWidth()),
            Matrix.allocate(arena, most, config.keyValueWidth()),
            Matrix.allocate(arena, most, config.valueWidth()),
            Matrix.allocate(arena, most, config.outputWidth()));
    return (normed, x, _, inputs) -> {
      Buffers own = all.first(x.rows());
      if (project(normed, own, places, inputs)) {
        places.attend(own.queries(), own.keys(), own.values(), own.outputs());
        inputs.accept(InputSite.ATTENTION_OUTPUT, own.outputs());
        if (!inputs.endsAt(InputSite.ATTENTION_OUTPUT)) {
          project(own.outputs(), normed, x);
        }
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

  /**
   * Queries, keys and values, rotated.
   *
   * @return whether they are wanted
   */
  private boolean project(Matrix normed, Buffers own, SequencePlaces places, LinearInputs inputs) {
    inputs.accept(InputSite.ATTENTION_INPUT, normed);
    if (inputs.endsAt(InputSite.ATTENTION_INPUT)) {
      return false;
    }
    rows.project(normed, keyValueLatent.get(), own.keyValueInput());
    Matrix vector = own.keyValueInput().columnRange(0, latent.keyValueRank());
    norms.norm(vector, keyValueNorm, own.keyValueLatent());
    inputs.accept(InputSite.KEY_VALUE_LATENT, own.keyValueLatent());
    if (inputs.endsAt(InputSite.KEY_VALUE_LATENT)) {
      return false;
    }
    Matrix ofQueries = normed;
    if (queryLatent.isPresent()) {
      rows.project(normed, queryLatent.get().get(), own.queryLatent());
      norms.norm(own.queryLatent(), queryNorm.orElseThrow(), own.queryLatent());
      ofQueries = own.queryLatent();
      inputs.accept(InputSite.QUERY_LATENT, ofQueries);
      if (inputs.endsAt(InputSite.QUERY_LATENT)) {
        return false;
      }
    }
    rows.project(ofQueries, queries.get(), own.queries());
    rows.project(own.keyValueLatent(), keysValues.get(), own.expanded());
    rotateAndSpread(own, places);
    return true;
  }

  /** Rotates what is to be rotated, and puts keys and values of all heads together. */
  private void rotateAndSpread(Buffers own, SequencePlaces places) {
    long plain = (long) latent.plainDimension() * Float.BYTES;
    long head = (long) config.headDimension() * Float.BYTES;
    long value = (long) latent.valueDimension() * Float.BYTES;
    long shared = (long) latent.keyValueRank() * Float.BYTES;
    HeadRotation rotation = HeadRotation.of(config, rows.network());
    rows.forRows(
        own.queries().rows(),
        r -> {
          MemorySegment query = own.queries().row(r);
          MemorySegment rotated = own.keyValueInput().row(r).asSlice(shared);
          MemorySegment made = own.expanded().row(r);
          MemorySegment key = own.keys().row(r);
          MemorySegment values = own.values().row(r);
          rotation.apply(rotated, r, places);
          for (int h = 0; h < config.heads(); h++) {
            rotation.apply(query.asSlice(h * head + plain, head - plain), r, places);
            long from = h * (plain + value);
            MemorySegment.copy(made, from, key, h * head, plain);
            MemorySegment.copy(rotated, 0, key, h * head + plain, head - plain);
            MemorySegment.copy(made, from + plain, values, h * value, value);
          }
        });
  }
}
