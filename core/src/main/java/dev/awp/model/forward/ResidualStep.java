// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.forward;

import dev.awp.model.BlockStep;
import dev.awp.model.InputSite;
import dev.awp.model.StateColumns;
import dev.awp.model.sublayer.BlockCache;
import dev.awp.model.sublayer.BlockWeights;
import dev.awp.model.sublayer.ExpertMixture;
import dev.awp.model.sublayer.ExpertUse;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.model.sublayer.RowOperations;
import dev.awp.model.sublayer.Sublayer;
import dev.awp.model.sublayer.Sublayers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * A step of a block, x = x + f(norm(x)); where two steps of a block see the same hidden states, the
 * later one adds what both make of them, and the earlier one is there for those who look at its
 * inputs. The weights of f are decoded when they are first multiplied with, into memory that the
 * caller owns: whoever wants the first layers' inputs only pays for none.
 */
final class ResidualStep implements Stage {
  private final RowOperations rows;
  private final Optional<MemorySegment> norm;
  private final Sublayer sublayer;
  private final BlockStep step;
  private final Optional<ResidualStep> joined;

  /** What hidden states are multiplied by behind the step. */
  private final float scalar;

  private final StateColumns columns;

  private ResidualStep(BlockWeights weights, BlockStep step, Optional<ResidualStep> joined) {
    this.step = step;
    this.joined = joined;
    this.rows =
        RowOperations.of(weights.layout().config(), weights.compute()).adding(step.multiplier());
    this.norm = step.norms().before().map(weights::norm);
    this.sublayer = Sublayers.of(step, weights, rows);
    this.columns = weights.layout().columns();
    this.scalar = step.scalar().map(name -> weights.matrix(name).get(0, 0)).orElse(1f);
  }

  /** A step by itself. */
  static ResidualStep of(BlockWeights weights, BlockStep step) {
    return new ResidualStep(
        weights, step, step.joined().map(other -> ResidualStep.of(weights, other)));
  }

  /** The steps of a block, in their order. */
  static List<ResidualStep> all(BlockWeights weights, List<BlockStep> steps) {
    List<ResidualStep> all = new ArrayList<>();
    for (BlockStep step : steps) {
      Optional<ResidualStep> joined =
          step.joined()
              .flatMap(other -> all.stream().filter(made -> made.step.equals(other)).findFirst());
      all.add(new ResidualStep(weights, step, joined));
    }
    return all;
  }

  /** The sublayer's input. */
  private void norm(Matrix x, Matrix normed) {
    if (norm.isPresent()) {
      rows.norm(x, norm.get(), normed);
    } else {
      normed.copyFrom(x);
    }
    rows.scale(normed, step.inputMultiplier());
  }

  private Pass prepare(
      int most, Function<Sublayer, Sublayer.Pass> prepared, Matrix scratch, Arena arena) {
    Optional<Pass> other = joined.map(step -> step.prepare(most, prepared, scratch, arena));
    boolean aside = step.addsLater() || joined.isPresent();
    Optional<Matrix> kept =
        aside ? Optional.of(Matrix.allocate(arena, most, scratch.columns())) : Optional.empty();
    return new Pass(this, prepared.apply(sublayer), scratch, kept, other);
  }

  /**
   * The step with its buffers.
   *
   * @param kept of the scratch matrix's shape, for hidden states that are not to change
   * @param joined whose outputs are added with those of the step
   */
  private record Pass(
      ResidualStep step,
      Sublayer.Pass sublayer,
      Matrix scratch,
      Optional<Matrix> kept,
      Optional<Pass> joined) {
    /** Takes at most the rows that it was made for through the step. */
    private void forward(Matrix states, LinearInputs inputs) {
      forward(step.columns.hidden(states), step.columns.beside(states), inputs);
    }

    private void forward(Matrix x, Matrix beside, LinearInputs inputs) {
      if (step.step.addsLater()) {
        look(x, beside, inputs);
        return;
      }
      Matrix normed = scratch.rowRange(0, x.rows());
      if (joined.isPresent() && goesOn(inputs)) {
        Matrix before = kept.orElseThrow().rowRange(0, x.rows());
        before.copyFrom(x);
        joined.get().add(before, x, beside, LinearInputs.IGNORED);
        step.norm(before, normed);
      } else {
        step.norm(x, normed);
      }
      sublayer.add(normed, x, beside, inputs);
      if (step.scalar != 1 && goesOn(inputs)) {
        step.rows.scale(x, step.scalar);
      }
    }

    /** Whether nobody who looks ends at one of the step's layers. */
    private boolean goesOn(LinearInputs inputs) {
      return step.step.linears().stream().noneMatch(l -> inputs.endsAt(l.site()));
    }

    /** Shows the inputs of the step's layers, and leaves the hidden states alone. */
    private void look(Matrix x, Matrix beside, LinearInputs inputs) {
      if (!inputs.isIdle()) {
        Matrix copy = kept.orElseThrow().rowRange(0, x.rows());
        copy.copyFrom(x);
        add(x, copy, beside, inputs);
      }
    }

    /** Adds what the step makes of some hidden states to others. */
    private void add(Matrix before, Matrix x, Matrix beside, LinearInputs inputs) {
      Matrix normed = scratch.rowRange(0, x.rows());
      step.norm(before, normed);
      sublayer.add(normed, x, beside, inputs);
    }
  }

  /**
   * Takes rows through steps of one block, a chunk through all of them before the next.
   *
   * @param x states, as {@link StateColumns} says
   * @param most rows of a chunk
   * @param prepared makes a sublayer ready for a chunk
   */
  private static void forward(
      List<ResidualStep> steps,
      Matrix x,
      int most,
      Function<Sublayer, Sublayer.Pass> prepared,
      LinearInputs inputs,
      Arena arena) {
    int hidden = steps.isEmpty() ? x.columns() : steps.getFirst().columns.hidden();
    Matrix scratch = Matrix.allocate(arena, most, hidden);
    List<Pass> passes =
        steps.stream().map(step -> step.prepare(most, prepared, scratch, arena)).toList();
    for (int from = 0; from < x.rows(); from += most) {
      Matrix chunk = x.rowRange(from, Math.min(x.rows(), from + most));
      passes.forEach(pass -> pass.forward(chunk, inputs));
    }
  }

  /** The same for whole sequences. */
  static void forward(List<ResidualStep> steps, Matrix x, int length, LinearInputs inputs) {
    int most = Math.min(DecoderBlock.chunkRows(length), x.rows());
    try (Arena arena = Arena.ofShared()) {
      forward(steps, x, most, step -> step.prepare(most, length, arena), inputs, arena);
    }
  }

  /** The same for the next tokens of one sequence. */
  static void next(List<ResidualStep> steps, Matrix x, BlockCache cache) {
    int n = x.rows();
    try (Arena arena = Arena.ofShared()) {
      Function<Sublayer, Sublayer.Pass> prepared = step -> step.prepareNext(n, cache, arena);
      forward(steps, x, n, prepared, LinearInputs.IGNORED, arena);
    }
  }

  @Override
  public void forward(Matrix x, int length, LinearInputs inputs) {
    forward(List.of(this), x, length, inputs);
  }

  @Override
  public Optional<End> end() {
    // What two steps add together does not end with the layers of one of them.
    boolean together = step.addsLater() || joined.isPresent();
    return together
        ? Optional.empty()
        : sublayer.ending().map(ending -> new SublayerEnd(ending, rows, scalar, columns));
  }

  /** The end of the step, chunk by chunk as the whole step. */
  private record SublayerEnd(
      Sublayer.Ending ending, RowOperations rows, float scalar, StateColumns columns)
      implements End {
    @Override
    public InputSite site() {
      return ending.site();
    }

    @Override
    public void forward(Matrix kept, Matrix states, int length) {
      Matrix x = columns.hidden(states);
      int most = Math.min(DecoderBlock.chunkRows(length), x.rows());
      try (Arena arena = Arena.ofShared()) {
        Matrix scratch = Matrix.allocate(arena, most, x.columns());
        for (int from = 0; from < x.rows(); from += most) {
          int to = Math.min(x.rows(), from + most);
          Matrix chunk = x.rowRange(from, to);
          Matrix inputs = kept.rowRange(from, to);
          ending.projection().add(inputs, scratch.rowRange(0, to - from), chunk);
          rows.scale(chunk, scalar);
        }
      }
    }
  }

  /** What is to be known of a mixture, from some of the rows that come into it. */
  @FunctionalInterface
  private interface MixtureLook {
    /**
     * Looks.
     *
     * @param normed rows behind the norm
     * @param first index of the first of them
     */
    void at(ExpertMixture mixture, Matrix normed, int first);
  }

  /**
   * How many tokens are sent to each expert; nothing where there are none.
   *
   * @param x states on their way into the step, left alone
   * @param counted which rows count
   */
  long[] routedTokens(Matrix x, IntPredicate counted) {
    List<long[]> chunks = new ArrayList<>();
    look(
        x,
        (mixture, normed, first) ->
            chunks.add(mixture.countRouted(normed, row -> counted.test(first + row))));
    return chunks.stream().reduce(ResidualStep::sum).orElse(new long[0]);
  }

  private static long[] sum(long[] some, long[] more) {
    return IntStream.range(0, some.length).mapToLong(i -> some[i] + more[i]).toArray();
  }

  /**
   * What the experts add; nothing where there are none.
   *
   * @param x hidden states on their way into the step, left alone
   * @param weights what its rows count
   */
  Optional<ExpertUse> expertUse(Matrix x, IntToDoubleFunction weights) {
    List<ExpertUse> chunks = new ArrayList<>();
    look(
        x,
        (mixture, normed, first) ->
            chunks.add(mixture.use(normed, row -> weights.applyAsDouble(first + row))));
    chunks.stream().skip(1).forEach(chunk -> chunks.getFirst().add(chunk));
    return chunks.stream().findFirst();
  }

  private void look(Matrix states, MixtureLook look) {
    if (!(sublayer instanceof ExpertMixture mixture)) {
      return;
    }
    Matrix x = columns.hidden(states);
    int most = Math.min(DecoderBlock.chunkRows(1), x.rows());
    try (Arena arena = Arena.ofShared()) {
      Matrix scratch = Matrix.allocate(arena, most, x.columns());
      for (int from = 0; from < x.rows(); from += most) {
        Matrix chunk = x.rowRange(from, Math.min(x.rows(), from + most));
        Matrix normed = scratch.rowRange(0, chunk.rows());
        norm(chunk, normed);
        look.at(mixture, normed, from);
      }
    }
  }
}
