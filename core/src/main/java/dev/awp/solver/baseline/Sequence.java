// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.baseline;

import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.GridParameters;
import dev.awp.solver.IterationListener;
import dev.awp.solver.IterationRecord;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.LayerShape;
import dev.awp.solver.Objective;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.solver.StopReason;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.List;

/**
 * Sparse and on a grid by two methods, one after the other: the second takes what the first has
 * made of the weights for the weights, as if there had never been others. Wanda and AWQ in both
 * orders are the sequences of AWP's joint table (Liu et al., arXiv 2506.10205).
 */
public final class Sequence implements Solver {
  private final String name;
  private final Solver first;
  private final Solver second;

  private Sequence(String name, Solver first, Solver second) {
    this.name = name;
    this.first = first;
    this.second = second;
  }

  /** Wanda's mask, then AWQ on what is left of W; zeros are on every grid and stay zeros. */
  public static Sequence wandaAwq() {
    return new Sequence("wanda-awq", new Wanda(), new Awq());
  }

  /** AWQ, then Wanda's mask by the quantized weights. */
  public static Sequence awqWanda() {
    return new Sequence("awq-wanda", new Awq(), new Wanda());
  }

  /** ALPS, then GPTQ in activation order with the mask held: the strongest of two methods each. */
  public static Sequence alpsGptq() {
    return new Sequence("alps-gptq", new Alps(), Gptq.holdingZeros());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean supports(Constraint constraint) {
    return constraint.sparsity().isPresent()
        && constraint
            .grid()
            .filter(grid -> first.supports(grid) || second.supports(grid))
            .isPresent();
  }

  @Override
  public boolean usesChannelScales() {
    return first.usesChannelScales() || second.usesChannelScales();
  }

  @Override
  public double expectedCost(LayerShape shape) {
    return first.expectedCost(shape) + second.expectedCost(shape) + 1;
  }

  /** As the one of both whose rows depend on each other. */
  @Override
  public int rangeRows(LayerShape shape) {
    return shape.rows();
  }

  @Override
  public Solution solve(
      LayerProblem problem,
      Compute compute,
      SegmentAllocator allocator,
      IterationListener listener) {
    Matrix w = problem.weights();
    Matrix c = problem.secondMoment();
    Constraint grid = problem.constraint().grid().orElseThrow();
    Constraint sparsity = problem.constraint().sparsity().orElseThrow();
    boolean gridFirst = first.supports(grid);
    try (Arena scratch = Arena.ofShared()) {
      Solution half =
          first.solve(
              new LayerProblem(w, c, gridFirst ? grid : sparsity),
              compute,
              // A grid that was found first is the solution's.
              gridFirst ? allocator : scratch,
              IterationListener.NONE);
      Solution whole =
          second.solve(
              new LayerProblem(half.weights(), c, gridFirst ? sparsity : grid),
              compute,
              allocator,
              IterationListener.NONE);
      GridParameters parameters = gridFirst ? half.grid() : whole.grid();
      double objective = Objective.of(w, whole.weights(), c, compute);
      int iterations = half.iterations() + whole.iterations();
      IterationRecord record = new IterationRecord(iterations, objective, Double.NaN, true);
      listener.iteration(record, half.denseObjective());
      return new Solution(
          whole.weights(),
          parameters,
          List.of(record),
          half.denseObjective(),
          objective,
          iterations,
          half.gemmEquivalents() + whole.gemmEquivalents() + 1,
          half.stop() == StopReason.ONE_SHOT ? whole.stop() : half.stop(),
          Math.max(half.damping(), whole.damping()));
    }
  }
}
