// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import dev.awp.checkpoint.ExpertConfig;
import dev.awp.checkpoint.ModelConfig;
import dev.awp.kernel.Compute;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.List;
import java.util.Optional;

/**
 * One decoder block with its weights decoded and ready for products, in memory that the caller
 * owns; the experts of a mixture are decoded when they are needed.
 *
 * <pre>
 *   x = x + attention(norm(x))
 *   x = x + mlp(norm(x))
 * </pre>
 *
 * <p>Where the architecture has it, each step's output is normed too before it is added.
 */
public final class DecoderBlock implements Stage {
  /** Tokens that go through at a time: scratch memory is about this many rows of every site. */
  private static final int CHUNK_TOKENS = 2048;

  private final ModelConfig config;
  private final int index;
  private final int hidden;
  private final List<LinearLayer> linears;
  private final RowOperations rows;
  private final MemorySegment attentionNorm;
  private final Sublayer attention;
  private final MemorySegment mlpNorm;
  private final Sublayer mlp;

  DecoderBlock(ModelLayout layout, int index, WeightSource source, Compute compute, Arena arena) {
    this.config = layout.config();
    this.index = index;
    BlockWeights weights = new BlockWeights(layout, index, source, compute, arena);
    this.hidden = config.hiddenSize();
    this.linears = layout.linears(index);
    this.rows = new RowOperations(compute, config.rmsNormEpsilon());
    this.attentionNorm = weights.norm(layout.architecture().norms().beforeAttention());
    this.attention = new SelfAttention(weights, rows);
    this.mlpNorm = weights.norm(layout.architecture().norms().beforeMlp());
    Optional<ExpertConfig> experts = config.experts(index);
    this.mlp =
        experts.isPresent()
            ? new ExpertMixture(weights, experts.get(), rows)
            : new GatedMlp(weights, "mlp.", config.intermediateSize(), rows);
  }

  /** Off-heap memory of the weights of the largest block in float32, in bytes. */
  public static long weightBytes(ModelLayout layout) {
    return layout.blockKinds().stream().mapToLong(layout::residentWeights).max().orElse(0)
        * Float.BYTES;
  }

  /**
   * Off-heap memory of {@link #forward} of the largest block beside the states, in bytes.
   *
   * @param tokens of all sequences
   * @param length tokens of a sequence
   */
  public static long forwardBytes(ModelLayout layout, long tokens, int length, int threads) {
    ModelConfig config = layout.config();
    long rows = Math.min(tokens, chunkRows(length));
    long mlp =
        layout.blockKinds().stream()
            .mapToLong(
                block ->
                    config
                        .experts(block)
                        .map(experts -> ExpertMixture.floats(experts, config.hiddenSize(), rows))
                        .orElseGet(() -> GatedMlp.floats(rows, config.intermediateSize())))
            .max()
            .orElse(0);
    long attention = SelfAttention.floats(config, rows, length, threads);
    return (rows * config.hiddenSize() + attention + mlp) * Float.BYTES;
  }

  /** The linear layers in the order in which data flows through them. */
  public List<LinearLayer> linears() {
    return linears;
  }

  @Override
  public void forward(Matrix x, int length, LinearInputs inputs) {
    int most = Math.min(chunkRows(length), x.rows());
    try (Arena arena = Arena.ofShared()) {
      forward(x, most, wholeSequences(length, arena), inputs, arena);
    }
  }

  private void forward(
      Matrix x, int most, SequencePlaces places, LinearInputs inputs, Arena arena) {
    Matrix scratch = Matrix.allocate(arena, most, hidden);
    Sublayer.Pass attend = attention.prepare(most, places, arena);
    Sublayer.Pass feed = mlp.prepare(most, places, arena);
    for (int from = 0; from < x.rows(); from += most) {
      Matrix chunk = x.rowRange(from, Math.min(x.rows(), from + most));
      Matrix normed = scratch.rowRange(0, chunk.rows());
      rows.rmsNorm(chunk, attentionNorm, normed);
      attend.add(normed, chunk, inputs);
      rows.rmsNorm(chunk, mlpNorm, normed);
      feed.add(normed, chunk, inputs);
    }
  }

  private WholeSequences wholeSequences(int length, Arena arena) {
    return new WholeSequences(
        length, RotaryTable.of(config, index, length, arena), attentionOver());
  }

  private Attention attentionOver() {
    return new Attention(config, config.slidingWindow(index), rows.compute());
  }

  /** An empty cache for {@link #next} of a block, with room for that many tokens. */
  static KeyValueCache cache(
      ModelConfig config, int index, int capacity, SegmentAllocator allocator) {
    RotaryTable rotary = RotaryTable.of(config, index, capacity, allocator);
    return new KeyValueCache(config.keyValueWidth(), rotary, allocator);
  }

  /**
   * Runs the next tokens of one sequence through the block.
   *
   * @param x their hidden states [tokens, hidden], replaced by the block's output
   * @param cache what the block saw of the sequence before; the tokens are added to it
   */
  void next(Matrix x, KeyValueCache cache) {
    cache.checkRoom(x.rows());
    try (Arena arena = Arena.ofShared()) {
      NextTokens places = new NextTokens(cache.length(), cache, attentionOver());
      forward(x, x.rows(), places, LinearInputs.IGNORED, arena);
    }
  }

  /** Whether the block has a mixture of experts. */
  public boolean hasExperts() {
    return mlp instanceof ExpertMixture;
  }

  /**
   * How many tokens are sent to each expert; nothing where the block has none. The experts
   * themselves do not run.
   *
   * @param x hidden states of at most {@link #chunkRows} rows, overwritten
   * @param length tokens of a sequence
   */
  public long[] routedTokens(Matrix x, int length) {
    if (!(mlp instanceof ExpertMixture mixture)) {
      return new long[0];
    }
    try (Arena arena = Arena.ofShared()) {
      Matrix normed = Matrix.allocate(arena, x.rows(), hidden);
      rows.rmsNorm(x, attentionNorm, normed);
      Sublayer.Pass attend = attention.prepare(x.rows(), wholeSequences(length, arena), arena);
      attend.add(normed, x, LinearInputs.IGNORED);
      rows.rmsNorm(x, mlpNorm, normed);
      return mixture.countRouted(normed, arena);
    }
  }

  /** Rows that {@link #forward} takes through the block at a time: whole sequences. */
  public static int chunkRows(int length) {
    return Math.max(1, CHUNK_TOKENS / length) * length;
  }
}
