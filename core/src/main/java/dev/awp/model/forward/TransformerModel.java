// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.forward;

import dev.awp.AwpException;
import dev.awp.compute.Compute;
import dev.awp.model.BlockStep;
import dev.awp.model.LinearLayer;
import dev.awp.model.MixtureStep;
import dev.awp.model.ModelLayout;
import dev.awp.model.StateColumns;
import dev.awp.model.Step;
import dev.awp.model.WeightSource;
import dev.awp.model.sublayer.BlockWeights;
import dev.awp.model.sublayer.ExpertUse;
import dev.awp.model.sublayer.TokenTable;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorReader;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.IntToDoubleFunction;
import java.util.function.Predicate;

/** A decoder-only transformer whose weights are decoded block by block, as they are needed. */
public final class TransformerModel {
  private final ModelLayout layout;
  private final WeightSource source;
  private final Compute compute;

  public TransformerModel(ModelLayout layout, WeightSource source, Compute compute) {
    this.layout = layout;
    this.source = source;
    this.compute = compute;
  }

  /** This model, run on something else. */
  public TransformerModel on(Compute other) {
    return new TransformerModel(layout, source, other);
  }

  /** This model with another tensor in place of the one of its name. */
  public TransformerModel with(StoredTensor tensor) {
    return new TransformerModel(
        layout, name -> name.equals(tensor.name()) ? tensor : source.tensor(name), compute);
  }

  /** What it computes on. */
  public Compute compute() {
    return compute;
  }

  public ModelLayout layout() {
    return layout;
  }

  /**
   * Looks up the embeddings of tokens.
   *
   * @param x receives one row of states a token, as {@link StateColumns} says
   */
  public void embed(int[] tokens, Matrix x) {
    TokenTable table = TokenTable.embedding(layout, source, compute);
    StateColumns columns = layout.columns();
    Matrix states = columns.hidden(x);
    int vocabulary = layout.config().vocabularySize();
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i] < 0 || tokens[i] >= vocabulary) {
        throw new AwpException(
            "%s: the tokenizer gives token %s, the model's vocabulary has %s"
                .formatted(layout.config().file(), tokens[i], vocabulary));
      }
      table.row(tokens[i], states.rowRange(i, i + 1));
      if (columns.hasToken()) {
        columns.beside(x).set(i, 0, tokens[i]);
      }
    }
  }

  /** Decodes a block's weights into the caller's memory, which all threads must be able to use. */
  public DecoderBlock block(int index, Arena arena) {
    return new DecoderBlock(layout, index, source, compute, arena);
  }

  /**
   * A step, by itself.
   *
   * @param index of its block
   * @param arena of the weights, which are decoded when they are first needed
   */
  public Stage step(int index, Step step, Arena arena) {
    return step.equals(Step.HEAD)
        ? head()::inputs
        : residual(index, ofBlock -> ofBlock.step().equals(step), arena).orElseThrow();
  }

  private Optional<ResidualStep> residual(int index, Predicate<BlockStep> wanted, Arena arena) {
    return layout.blockSteps(index).stream()
        .filter(wanted)
        .findFirst()
        .map(
            step -> ResidualStep.of(new BlockWeights(layout, index, source, compute, arena), step));
  }

  /**
   * How many tokens are sent to each expert of a block; nothing where it has none.
   *
   * @param x hidden states on their way into the step that has them
   * @param counted which rows count
   */
  public long[] routedTokens(int index, Matrix x, IntPredicate counted) {
    try (Arena arena = Arena.ofShared()) {
      return residual(index, MixtureStep.class::isInstance, arena)
          .map(step -> step.routedTokens(x, counted))
          .orElse(new long[0]);
    }
  }

  /**
   * What the experts of a block add.
   *
   * @param index of a block that has experts
   * @param x hidden states on their way into the step that has them
   * @param weights what its rows count
   */
  public ExpertUse expertUse(int index, Matrix x, IntToDoubleFunction weights) {
    try (Arena arena = Arena.ofShared()) {
      return residual(index, MixtureStep.class::isInstance, arena)
          .flatMap(step -> step.expertUse(x, weights))
          .orElseThrow();
    }
  }

  /** Decodes the weights of one linear layer, [dOut, dIn], into the caller's memory. */
  public Matrix weights(LinearLayer linear, SegmentAllocator allocator) {
    StoredTensor view = source.tensor(linear.weight());
    Matrix weights =
        new TensorReader(compute.kernels()).finiteMatrix(view, allocator, compute.workers());
    view.release();
    return weights;
  }

  public OutputHead head() {
    return new OutputHead(layout, source, compute);
  }
}
