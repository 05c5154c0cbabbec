// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.forward;

import dev.awp.config.AttentionConfig;
import dev.awp.config.ModelConfig;
import dev.awp.model.BlockStep;
import dev.awp.model.InputSite;
import dev.awp.model.attention.Attention;
import dev.awp.model.attention.RotaryTable;
import dev.awp.model.attention.SequencePlaces;
import dev.awp.model.attention.WholeSequences;
import dev.awp.model.sublayer.BlockWeights;
import dev.awp.model.sublayer.ExpertMixture;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.model.sublayer.RowOperations;
import dev.awp.model.sublayer.Sublayer;
import dev.awp.model.sublayer.Sublayers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * A step of a block, x = x + f(norm(x)). The weights of f are decoded when they are first
 * multiplied with, into memory that the caller owns: whoever wants the first layers' inputs only
 * pays for none.
 */
final class ResidualStep implements Stage {
  private final BlockWeights weights;
  private final RowOperations rows;
  private final Optional<MemorySegment> norm;
  private final Sublayer sublayer;

  ResidualStep(BlockWeights weights, BlockStep step) {
    this.weights = weights;
    ModelConfig config = weights.layout().config();
    this.rows =
        new RowOperations(weights.compute(), config.rmsNormEpsilon(), config.multipliers().steps());
    this.norm = step.norms().before().map(weights::norm);
    this.sublayer = Sublayers.of(step, weights, rows);
  }

  /** The sublayer's input. */
  private void norm(Matrix x, Matrix normed) {
    if (norm.isPresent()) {
      rows.rmsNorm(x, norm.get(), normed);
    } else {
      normed.copyFrom(x);
    }
  }

  /** The step with its buffers. */
  private record Pass(ResidualStep step, Sublayer.Pass sublayer, Matrix scratch) {
    /** Takes at most the rows that it was made for through the step. */
    private void forward(Matrix x, LinearInputs inputs) {
      Matrix normed = scratch.rowRange(0, x.rows());
      step.norm(x, normed);
      sublayer.add(normed, x, inputs);
    }
  }

  /**
   * Takes rows through steps of one block, a chunk through all of them before the next.
   *
   * @param most rows of a chunk
   */
  static void forward(
      List<ResidualStep> steps,
      Matrix x,
      int most,
      SequencePlaces places,
      LinearInputs inputs,
      Arena arena) {
    Matrix scratch = Matrix.allocate(arena, most, x.columns());
    List<Pass> passes =
        steps.stream()
            .map(step -> new Pass(step, step.sublayer.prepare(most, places, arena), scratch))
            .toList();
    for (int from = 0; from < x.rows(); from += most) {
      Matrix chunk = x.rowRange(from, Math.min(x.rows(), from + most));
      passes.forEach(pass -> pass.forward(chunk, inputs));
    }
  }

  /** The same for whole sequences. */
  static void forward(List<ResidualStep> steps, Matrix x, int length, LinearInputs inputs) {
    int most = Math.min(DecoderBlock.chunkRows(length), x.rows());
    try (Arena arena = Arena.ofShared()) {
      forward(steps, x, most, steps.getFirst().places(length, arena), inputs, arena);
    }
  }

  /** Where the rows of whole sequences stand. */
  private WholeSequences places(int length, Arena arena) {
    return new WholeSequences(length, RotaryTable.of(config(), length, arena), attention());
  }

  Attention attention() {
    return new Attention(config(), weights.compute());
  }

  private AttentionConfig config() {
    return weights.layout().config().block(weights.index()).attention();
  }

  @Override
  public void forward(Matrix x, int length, LinearInputs inputs) {
    forward(List.of(this), x, length, inputs);
  }

  @Override
  public Optional<End> end() {
    return sublayer.ending().map(SublayerEnd::new);
  }

  /** The end of the sublayer, chunk by chunk as the whole step. */
  private record SublayerEnd(Sublayer.Ending ending) implements End {
    @Override
    public InputSite site() {
      return ending.site();
    }

    @Override
    public void forward(Matrix kept, Matrix x, int length) {
      int most = Math.min(DecoderBlock.chunkRows(length), x.rows());
      try (Arena arena = Arena.ofShared()) {
        Matrix scratch = Matrix.allocate(arena, most, x.columns());
        for (int from = 0; from < x.rows(); from += most) {
          int to = Math.min(x.rows(), from + most);
          Matrix chunk = x.rowRange(from, to);
          Matrix inputs = kept.rowRange(from, to);
          ending.projection().add(inputs, scratch.rowRange(0, to - from), chunk);
        }
      }
    }
  }

  /**
   * How many tokens are sent to each expert; nothing where there are none.
   *
   * @param x hidden states on their way into the step, left alone
   * @param counted which rows count
   */
  long[] routedTokens(Matrix x, IntPredicate counted) {
    if (!(sublayer instanceof ExpertMixture mixture)) {
      return new long[0];
    }
    int most = Math.min(DecoderBlock.chunkRows(1), x.rows());
    try (Arena arena = Arena.ofShared()) {
      Matrix scratch = Matrix.allocate(arena, most, x.columns());
      long[] all = new long[0];
      for (int from = 0; from < x.rows(); from += most) {
        Matrix chunk = x.rowRange(from, Math.min(x.rows(), from + most));
        Matrix normed = scratch.rowRange(0, chunk.rows());
        norm(chunk, normed);
        int first = from;
        long[] routed = mixture.countRouted(normed, row -> counted.test(first + row));
        all = all.length == 0 ? new long[routed.length] : all;
        for (int e = 0; e < routed.length; e++) {
          all[e] += routed[e];
        }
      }
      return all;
    }
  }
}
