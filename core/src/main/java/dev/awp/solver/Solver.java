// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.concurrent.atomic.AtomicReference;

/** A method that compresses one layer. Solvers do no I/O and know nothing of files and models. */
public interface Solver {
  /** The word for {@code --solver}. */
  String name();

  /** Whether the method can serve that constraint. */
  boolean supports(Constraint constraint);

  /** Whether solutions on a grid have channel scales, for which the grid file then has room. */
  default boolean usesChannelScales() {
    return false;
  }

  /**
   * Whether the solve's cost lies in products with prepared operands, so that they may have lower
   * precision.
   */
  default boolean multipliesPrepared(Constraint constraint) {
    return false;
  }

  /**
   * The most off-heap memory that a solve takes, in bytes, its solution included: what {@code
   * --memory-limit} is held against. By default a bound for methods that keep a few copies of W and
   * C.
   */
  default long memoryBytes(LayerShape shape) {
    return 8 * shape.layer()
        + 4 * shape.grid()
        + 3 * shape.square()
        + 8 * shape.parts(shape.columns())
        + 3 * shape.parts(Math.max(128, shape.unitSize()))
        + shape.objective()
        + shape.panels();
  }

  /**
   * About what a solve costs, in units of 2 dOut dIn^2 flops, for estimates of time. By default a
   * factor of C, a sweep, and the evaluation of f and f(0).
   */
  default double expectedCost(LayerShape shape) {
    return 4 + shape.columns() / (double) Math.max(1, shape.rows());
  }

  /**
   * At multiples of so many rows a layer may be divided: {@linkplain LayerProblem#range ranges}
   * that begin there have the solutions of the whole layer, to the byte. All rows where they depend
   * on each other. By default rows go in {@linkplain dev.awp.parallel.Workers#partRows parts}.
   */
  default int rangeRows(LayerShape shape) {
    return shape.workers().partRows(shape.rows());
  }

  /**
   * Solves one layer.
   *
   * @param allocator memory of the solution, usable from all threads; the solver's own memory is
   *     freed before it returns
   * @param listener hears every iteration
   */
  Solution solve(
      LayerProblem problem,
      Compute compute,
      SegmentAllocator allocator,
      IterationListener listener);

  /** Solutions of a layer and of a sample of its rows. */
  record Sampled(Solution layer, Solution sample) {}

  /**
   * Solves one layer in lower precision, and some of its rows in float32 with the same settings.
   * Rows are independent, so these tell what the precision costs. One thread solves the sample
   * beside the others.
   *
   * @param compute for the layer
   * @param sample some rows of the layer's W
   * @param f32 for the sample
   * @param arena memory of both solutions
   */
  default Sampled solveSampled(
      LayerProblem problem,
      Compute compute,
      Matrix sample,
      Compute f32,
      Arena arena,
      IterationListener listener) {
    LayerProblem some = problem.of(sample);
    AtomicReference<Solution> ofSample = new AtomicReference<>();
    AtomicReference<Solution> ofLayer = new AtomicReference<>();
    compute
        .workers()
        .beside(
            () -> ofSample.set(solve(some, f32.onOneThread(), arena, IterationListener.NONE)),
            () -> ofLayer.set(solve(problem, compute, arena, listener)));
    return new Sampled(ofLayer.get(), ofSample.get());
  }
}
