// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.model.InputSite;
import dev.awp.model.RecurrenceStep;
import dev.awp.model.recurrence.RecurrentPlaces;
import dev.awp.model.recurrence.RecurrentState;
import dev.awp.model.recurrence.ShortConvolution;
import dev.awp.model.sublayer.BlockWeights.Linear;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * x + out_proj(f(h)), where f takes tokens through a short convolution and the states of heads:
 * what recurrences have in common.
 */
abstract class RecurrentSublayer implements Sublayer {
  final RowOperations rows;
  final ShortConvolution convolution;

  /** A of every head. */
  final float[] decays;

  /** What is added to the steps of every head. */
  final float[] stepBiases;

  private final Deferred<Linear> output;
  private final Optional<MemorySegment> outputNorm;

  /**
   * The common weights of a step.
   *
   * @param convolutionBias tensor of the convolution's bias, where it has one
   * @param outputBias whether the output projection has a bias
   */
  RecurrentSublayer(
      RecurrenceStep step,
      BlockWeights weights,
      RowOperations rows,
      Optional<String> convolutionBias,
      boolean outputBias) {
    this.rows = rows;
    this.output = new Deferred<>(() -> weights.linear(step.output(), outputBias));
    this.convolution = weights.convolution(step.convolution(), convolutionBias);
    this.decays = weights.vector(step.logDecay()).toArray(JAVA_FLOAT);
    for (int head = 0; head < decays.length; head++) {
      decays[head] = (float) -Math.exp(decays[head]);
    }
    this.stepBiases = weights.vector(step.stepBias()).toArray(JAVA_FLOAT);
    this.outputNorm = step.norms().after().map(weights::norm);
  }

  /** What its heads make of normed states. */
  @FunctionalInterface
  interface Heads {
    /**
     * Computes it.
     *
     * @param normed states behind the step's norm
     * @return what the output projection is given, [rows, width]
     */
    Matrix give(Matrix normed);
  }

  /**
   * Buffers for f.
   *
   * @param most rows at a time
   * @param places where the rows stand in their sequences
   */
  abstract Heads heads(int most, RecurrentPlaces places, Arena arena);

  @Override
  public final Pass prepare(int most, int length, Arena arena) {
    return pass(heads(most, new RecurrentPlaces.Whole(length), arena));
  }

  @Override
  public final Pass prepareNext(int most, BlockCache cache, Arena arena) {
    RecurrentState seen = cache.recurrence().orElseThrow();
    return pass(heads(most, new RecurrentPlaces.Next(seen), arena));
  }

  private Pass pass(Heads heads) {
    return (normed, x, _, seen) -> {
      seen.accept(InputSite.RECURRENCE_INPUT, normed);
      if (seen.endsAt(InputSite.RECURRENCE_INPUT)) {
        return;
      }
      Matrix given = heads.give(normed);
      seen.accept(InputSite.RECURRENCE_OUTPUT, given);
      if (!seen.endsAt(InputSite.RECURRENCE_OUTPUT)) {
        project(given, normed, x);
      }
    };
  }

  @Override
  public final Optional<Ending> ending() {
    return Optional.of(new Ending(InputSite.RECURRENCE_OUTPUT, this::project));
  }

  private void project(Matrix given, Matrix scratch, Matrix x) {
    rows.addProjected(given, output.get(), outputNorm, scratch, x);
  }
}
