// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.forward;

import dev.awp.compute.Compute;
import dev.awp.model.BlockStep;
import dev.awp.model.ModelLayout;
import dev.awp.model.Step;
import dev.awp.model.WeightSource;
import dev.awp.model.sublayer.BlockCache;
import dev.awp.model.sublayer.BlockWeights;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.model.sublayer.Sublayers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.Collection;
import java.util.List;

/**
 * One decoder block. Its weights are decoded, ready for products, when they are first needed, into
 * memory that the caller owns; the experts of a mixture whenever they are needed.
 *
 * <pre>
 *   x = x + attention(norm(x))
 *   x = x + mlp(norm(x))
 * </pre>
 *
 * <p>Where the architecture has it, each step's output is normed too before it is added, or both
 * steps see the hidden states that come into the block.
 */
public final class DecoderBlock implements Stage {
  /** Tokens that go through at a time: scratch memory is about this many rows of every site. */
  private static final int CHUNK_TOKENS = 2048;

  private final List<ResidualStep> steps;

  DecoderBlock(ModelLayout layout, int index, WeightSource source, Compute compute, Arena arena) {
    BlockWeights weights = new BlockWeights(layout, index, source, compute, arena);
    this.steps = ResidualStep.all(weights, layout.blockSteps(index));
  }

  /** Off-heap memory of the weights of the largest block in float32, in bytes. */
  public static long weightBytes(ModelLayout layout) {
    return weightBytes(layout, layout.steps());
  }

  /** The same for one step of a block, or for what lies behind the last one. */
  public static long weightBytes(ModelLayout layout, Step step) {
    return weightBytes(layout, List.of(step));
  }

  private static long weightBytes(ModelLayout layout, Collection<Step> steps) {
    return layout.blockKinds().stream()
            .mapToLong(
                block -> steps.stream().mapToLong(s -> layout.residentWeights(block, s)).sum())
            .max()
            .orElse(0)
        * Float.BYTES;
  }

  /**
   * Off-heap memory of {@link #forward} of the largest block beside the states, in bytes.
   *
   * @param tokens of all sequences
   * @param length tokens of a sequence
   */
  public static long forwardBytes(ModelLayout layout, long tokens, int length, int threads) {
    return layout.steps().stream()
        .mapToLong(step -> forwardBytes(layout, step, tokens, length, threads))
        .sum();
  }

  /** The same for one step. */
  public static long forwardBytes(
      ModelLayout layout, Step step, long tokens, int length, int threads) {
    long rows = Math.min(tokens, chunkRows(length));
    long own =
        layout.blockKinds().stream()
            .flatMap(block -> layout.blockSteps(block).stream())
            .filter(ofBlock -> ofBlock.step().equals(step))
            .mapToLong(ofBlock -> floats(ofBlock, rows, length, threads))
            .max()
            .orElse(0);
    return (rows * layout.config().hiddenSize() + own) * Float.BYTES;
  }

  /** Floats of a step's buffers, those of the step whose outputs it adds too among them. */
  private static long floats(BlockStep step, long rows, int length, int threads) {
    long own = Sublayers.floats(step, rows, length, threads);
    boolean aside = step.addsLater() || step.joined().isPresent();
    long joined = step.joined().map(other -> floats(other, rows, length, threads)).orElse(0L);
    return own + joined + (aside ? rows * step.layout().config().hiddenSize() : 0);
  }

  @Override
  public void forward(Matrix x, int length, LinearInputs inputs) {
    ResidualStep.forward(steps, x, length, inputs);
  }

  /**
   * Runs the next tokens of one sequence through the block.
   *
   * @param x their hidden states [tokens, hidden], replaced by the block's output
   * @param cache what the block saw of the sequence before; the tokens are added to it
   */
  void next(Matrix x, BlockCache cache) {
    cache.checkRoom(x.rows());
    ResidualStep.next(steps, x, cache);
  }

  /** Rows that a block takes through at a time: whole sequences. */
  public static int chunkRows(int length) {
    return Math.max(1, CHUNK_TOKENS / length) * length;
  }
}
