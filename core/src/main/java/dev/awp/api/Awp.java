// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.api;

import dev.awp.AwpException;
import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.solver.IterationListener;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.solver.registry.SolverOptions;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.nio.file.Path;

/**
 * awp as a library: compresses matrices and checkpoints.
 *
 * <p>For a linear layer y = W x both minimise
 *
 * <pre>  f(T) = || (W - T) C^(1/2) ||_F^2 = tr((W - T) C (W - T)^T),   C = mean of x x^T,</pre>
 *
 * over all T in a {@linkplain Constraint constraint set}: the problem of AWP (Liu et al., arXiv
 * 2506.10205, equation 1). Constraints are {@link dev.awp.constraint.RowSparsity}, {@link
 * dev.awp.constraint.NmSparsity}, {@link dev.awp.constraint.affine.IntegerGrid} and {@link
 * dev.awp.constraint.SparseGrid}.
 *
 * <p>Errors: {@link AwpException}, a {@link RuntimeException}, for input that cannot be compressed,
 * in one sentence; {@link IllegalArgumentException} for arguments that no caller should pass, such
 * as shapes that do not fit.
 *
 * <p>The JVM is started with {@code --add-modules jdk.incubator.vector} for fast kernels; without
 * it they are scalar, which is told in a warning. Matrix products run in OpenBLAS where the
 * artifact awp-ffm-bindings is there. An instance holds threads until it is closed, and computes
 * one thing at a time: calls from several threads wait for each other.
 */
public final class Awp implements AutoCloseable {
  private final Compute compute;

  private Awp(Compute compute) {
    this.compute = compute;
  }

  /** On all processors. */
  public static Awp create() {
    return create(Runtime.getRuntime().availableProcessors());
  }

  /**
   * On some threads, the calling one included; 1, 2 and 4 give the same results.
   *
   * @throws IllegalArgumentException for fewer than one
   */
  public static Awp create(int threads) {
    return new Awp(Compute.create(threads));
  }

  /**
   * C of some inputs: (1/n) sum of x x^T, in float64 sums.
   *
   * @param inputs [n, dIn], an input x a row, n at least 1
   * @return [dIn, dIn]
   */
  public synchronized float[][] secondMoment(float[][] inputs) {
    return SecondMoments.of(inputs, compute);
  }

  /**
   * Compresses a matrix by the best solver for its constraint.
   *
   * @param weights W, [dOut, dIn]
   * @param secondMoment C, [dIn, dIn], symmetric positive semi-definite
   * @throws AwpException where a value is not finite, or C is not symmetric
   */
  public CompressedMatrix compress(
      float[][] weights, float[][] secondMoment, Constraint constraint) {
    return compress(weights, secondMoment, constraint, SolverOptions.of(SolverOptions.AUTO));
  }

  /**
   * Compresses a matrix.
   *
   * @param weights W, [dOut, dIn]
   * @param secondMoment C, [dIn, dIn], symmetric positive semi-definite
   * @param solver by which, and with which settings
   * @throws AwpException where a value is not finite, C is not symmetric, or the solver cannot
   *     serve the constraint
   */
  public synchronized CompressedMatrix compress(
      float[][] weights, float[][] secondMoment, Constraint constraint, SolverOptions solver) {
    try (Arena arena = Arena.ofShared()) {
      Matrix w = Matrix.copyOf(arena, weights);
      Matrix c = Matrix.copyOf(arena, secondMoment);
      return CompressedMatrix.of(
          compress(w, c, constraint, solver, arena, IterationListener.NONE), constraint);
    }
  }

  /**
   * Compresses a matrix in memory off the heap, which is not copied.
   *
   * @param weights W, [dOut, dIn], as {@link Matrix#wrap} makes it of a {@link
   *     java.lang.foreign.MemorySegment}; all threads must have access to its memory, so its arena
   *     is shared, automatic or global
   * @param secondMoment C, [dIn, dIn], symmetric positive semi-definite, likewise
   * @param solver by which, and with which settings
   * @param allocator of the solution's memory, likewise
   * @param listener hears every iteration, on the calling thread
   * @throws AwpException where a value is not finite, C is not symmetric, or the solver cannot
   *     serve the constraint
   */
  public synchronized Solution compress(
      Matrix weights,
      Matrix secondMoment,
      Constraint constraint,
      SolverOptions solver,
      SegmentAllocator allocator,
      IterationListener listener) {
    MatrixChecks.check(weights, secondMoment, compute);
    Solver chosen = solver.create(constraint);
    LayerProblem problem = new LayerProblem(weights, secondMoment, constraint);
    return chosen.solve(problem, compute, allocator, listener);
  }

  /**
   * Begins the description of a compression of a checkpoint folder, which {@link
   * CheckpointCompression#run} then does.
   *
   * @param model folder with config.json, *.safetensors and the tokenizer; never written
   * @param output folder to write; must not exist, or be empty
   */
  public CheckpointCompression checkpoint(Path model, Path output) {
    return new CheckpointCompression(this, model, output);
  }

  Compute compute() {
    return compute;
  }

  /** Ends the threads. */
  @Override
  public void close() {
    compute.close();
  }
}
