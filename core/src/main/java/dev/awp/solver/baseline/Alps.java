// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.baseline;

import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.Sparsity;
import dev.awp.solver.Interruption;
import dev.awp.solver.IterationListener;
import dev.awp.solver.IterationRecord;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.LayerShape;
import dev.awp.solver.Objective;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.solver.StopReason;
import dev.awp.solver.mask.MaskedLeastSquares;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.List;

/**
 * ALPS (Meng, Behdin, Wang and Mazumder, "ALPS: Improved Optimization for Highly Sparse One-Shot
 * Pruning for Large Language Models", NeurIPS 2024): operator splitting finds the support,
 * conjugate gradient the values on it. In the coordinates of {@link NormalizedLayer}:
 *
 * <pre>
 *   X = (G + rho D - V) (H + rho I)^-1,   D = Proj(X + V / rho),   V = V + rho (X - D)
 * </pre>
 *
 * <p>rho begins at .1 and, every third iteration, grows by 1.3 where the support has changed by a
 * tenth of its size or more, by 1.2 from .5 %, by 1.1 for any change; without a change the
 * splitting has converged, and ten steps of conjugate gradient follow. The paper prunes the matrix
 * as a whole; here every row keeps its own count, as the constraint demands, while rho is shared by
 * all rows.
 *
 * <p>The authors' code adds a ridge of .01 mean(diag C) to C, may lower the first rho, and stops
 * after 30 iterations at a change below .03 %. None of that is in the paper's algorithm nor here:
 * what is minimised is f itself.
 */
public final class Alps implements Solver {
  private static final double FIRST_RHO = 0.1;
  private static final int LIMIT = 300;
  private static final int UPDATE = 3;
  private static final int GRADIENT_STEPS = 10;

  /** Rows that are one task: by the shape alone, so that no result depends on the threads. */
  private static final int ROWS = 256;

  @Override
  public String name() {
    return "alps";
  }

  @Override
  public boolean supports(Constraint constraint) {
    return constraint instanceof Sparsity;
  }

  /** At the iteration limit. */
  @Override
  public double expectedCost(LayerShape shape) {
    return LIMIT + GRADIENT_STEPS + 4;
  }

  /** The penalty grows with the share of all rows' supports that changed. */
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
    try (Arena scratch = Arena.ofShared()) {
      return new Run(problem, compute, allocator, listener, scratch).run();
    }
  }

  private static final class Run {
    private final Matrix w;
    private final Matrix c;
    private final Compute compute;
    private final IterationListener listener;
    private final NormalizedLayer layer;
    private final AlpsAdmm admm;
    private final GridParameters grid;
    private final Matrix best;
    private final Matrix candidate;
    private final double dense;
    private final List<IterationRecord> trace = new ArrayList<>();
    private double bestObjective = Double.POSITIVE_INFINITY;

    private Run(
        LayerProblem problem,
        Compute compute,
        SegmentAllocator allocator,
        IterationListener listener,
        SegmentAllocator scratch) {
      this.w = problem.weights();
      this.c = problem.secondMoment();
      this.compute = compute;
      this.listener = listener;
      this.layer = new NormalizedLayer(c, compute, scratch);
      Sparsity sparsity = problem.constraint().sparsity().orElseThrow();
      this.admm = new AlpsAdmm(sparsity, w, layer, compute, ROWS, scratch);
      this.grid = GridParameters.allocate(sparsity, w.rows(), w.columns(), allocator);
      this.best = Matrix.allocate(allocator, w.rows(), w.columns());
      this.candidate = Matrix.allocate(scratch, w.rows(), w.columns());
      this.dense = Objective.dense(w, c, compute);
    }

    private Solution run() {
      evaluate(0);
      admm.setRho(FIRST_RHO);
      int iterations = 0;
      double change = 1;
      while (change > 0 && iterations < LIMIT) {
        for (int i = 0; i < UPDATE; i++) {
          Interruption.check();
          admm.iterate();
          iterations++;
        }
        evaluate(iterations);
        change = admm.supportChange();
        if (change > 0 && iterations < LIMIT) {
          admm.setRho(admm.rho() * growth(change));
        }
      }
      Interruption.check();
      leastSquares();
      record(iterations + GRADIENT_STEPS);
      StopReason stop = change > 0 ? StopReason.ITERATION_LIMIT : StopReason.CONVERGED;
      double cost = cost(iterations);
      return new Solution(best, grid, trace, dense, bestObjective, iterations, cost, stop, 0);
    }

    private static double growth(double change) {
      if (change >= 0.1) {
        return 1.3;
      }
      return change >= 0.005 ? 1.2 : 1.1;
    }

    /** Records f of the current D. */
    private void evaluate(int iteration) {
      compute
          .workers()
          .forEachBlock(
              w.rows(),
              ROWS,
              (from, to) -> layer.leave(admm.d().rowRange(from, to), candidate.rowRange(from, to)));
      record(iteration);
    }

    /** Jacobi's preconditioner in these coordinates is plain conjugate gradient in ALPS's. */
    private void leastSquares() {
      Compute own = compute.onOneThread();
      compute
          .workers()
          .forEachBlock(
              w.rows(),
              ROWS,
              (from, to) ->
                  new MaskedLeastSquares(w.rowRange(from, to), c, candidate.rowRange(from, to), own)
                      .run(GRADIENT_STEPS));
    }

    /** Records f of the candidate, and keeps it where it is the best so far. */
    private void record(int iteration) {
      double objective = Objective.of(w, candidate, c, compute);
      IterationRecord record = new IterationRecord(iteration, objective, Double.NaN, true);
      trace.add(record);
      listener.iteration(record, dense);
      if (objective < bestObjective) {
        bestObjective = objective;
        best.copyFrom(candidate);
      }
    }

    /**
     * G, f(0), one product an evaluation, an iteration and a step of conjugate gradient and one
     * before the first, and the inverses.
     */
    private double cost(int iterations) {
      double gemm = 2 * (double) w.rows() * w.columns() * w.columns();
      double products = 2.0 + trace.size() + iterations + GRADIENT_STEPS + 1;
      return gemm == 0 ? 0 : products + admm.flops() / gemm;
    }
  }
}
