// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import dev.awp.blas.Blas.Op;
import dev.awp.compute.Compute;
import dev.awp.constraint.RowSparsity;
import dev.awp.kernel.vector.VectorKernels;
import dev.awp.parallel.Workers;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.pgd.PgdOptions;
import dev.awp.solver.pgd.ProjectedGradient;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Iterations of projected gradient descent on a square layer, 50 % sparse, beside bare products of
 * the same shape, library and threads, in turns: product, iterations, product.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 1)
@Measurement(iterations = 3)
public class SolverIteration {
  /** Projections of a solve; the last product has none after it and is not counted. */
  private static final int ITERATIONS = 5;

  private static final PgdOptions OPTIONS = PgdOptions.of(PgdOptions.Start.WANDA, 2, ITERATIONS);

  @Param({"4096"})
  public int n = 4096;

  @Param public Cores cores = Cores.ONE;

  private Arena arena;
  private Compute compute;
  private LayerProblem problem;
  private Matrix product;

  /** Times of one measurement, in nanoseconds. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.EVENTS)
  public static class Times {
    /** Mean of a solver iteration. */
    public double iteration;

    /** Mean of a bare product. */
    public double bareProduct;

    /** One: the sum over the measurements, which JMH gives, is their number. */
    public double measurements;

    @Setup(Level.Iteration)
    public void clear() {
      iteration = 0;
      bareProduct = 0;
      measurements = 0;
    }
  }

  @Setup(Level.Trial)
  @SuppressWarnings("MustBeClosed") // closed by tearDown
  public void setUp() {
    arena = Arena.ofShared();
    compute =
        new Compute(VectorKernels.create(), Library.OPENBLAS.open(), new Workers(cores.count()));
    Matrix w = Matrix.allocate(arena, n, n);
    Matrix x = Matrix.allocate(arena, n, n);
    Matrix c = Matrix.allocate(arena, n, n);
    Row.fill(w.segment(), 1);
    Row.fill(x.segment(), 2);
    compute.parallelBlas().gemm(Op.TRANSPOSE, Op.NONE, 1f / n, x, x, 0, c);
    problem = new LayerProblem(w, c, new RowSparsity(0.5));
    product = x;
  }

  @TearDown(Level.Trial)
  public void tearDown() {
    compute.close();
    arena.close();
  }

  @Benchmark
  public double pgd(Times times) {
    double before = bareProduct();
    long[] marks = new long[ITERATIONS + 1];
    double objective;
    try (Arena solution = Arena.ofShared()) {
      objective =
          new ProjectedGradient(c -> OPTIONS)
              .solve(
                  problem,
                  compute,
                  solution,
                  (record, dense) -> marks[record.iteration()] = System.nanoTime())
              .objective();
    }
    times.iteration = (marks[ITERATIONS - 1] - marks[0]) / (ITERATIONS - 1.0);
    times.bareProduct = (before + bareProduct()) / 2;
    times.measurements = 1;
    return objective;
  }

  /** Each thread takes an equal share of the rows in one call; in nanoseconds. */
  private double bareProduct() {
    long start = System.nanoTime();
    compute
        .workers()
        .forEachBlock(
            n,
            Math.ceilDiv(n, cores.count()),
            (from, to) ->
                compute
                    .blas()
                    .gemm(
                        Op.NONE,
                        Op.NONE,
                        1,
                        problem.weights().rowRange(from, to),
                        problem.secondMoment(),
                        0,
                        product.rowRange(from, to)));
    return System.nanoTime() - start;
  }
}
