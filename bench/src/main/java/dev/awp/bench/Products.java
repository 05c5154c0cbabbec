// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import dev.awp.blas.Blas;
import dev.awp.blas.Blas.Op;
import dev.awp.blas.ParallelBlas;
import dev.awp.parallel.Workers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
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

/** Square products, one thread or all of them through {@link ParallelBlas}. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 700, timeUnit = TimeUnit.MILLISECONDS)
public class Products {
  @Param({"1024", "2048", "4096"})
  public int n = 1024;

  @Param public Library blas = Library.OPENBLAS;

  @Param public Cores cores = Cores.ONE;

  private Arena arena;
  private Workers workers;
  private Blas products;
  private Matrix a;
  private Matrix b;
  private Matrix c;

  @Setup(Level.Trial)
  @SuppressWarnings("MustBeClosed") // closed by tearDown
  public void setUp() {
    arena = Arena.ofShared();
    workers = new Workers(cores.count());
    Blas serial = blas.open();
    products = cores == Cores.ONE ? serial : new ParallelBlas(serial, workers);
    a = Matrix.allocate(arena, n, n);
    b = Matrix.allocate(arena, n, n);
    c = Matrix.allocate(arena, n, n);
    Row.fill(a.segment(), 1);
    Row.fill(b.segment(), 2);
  }

  @TearDown(Level.Trial)
  public void tearDown() {
    workers.close();
    arena.close();
  }

  /** C = A B: the solver's product. */
  @Benchmark
  @Flops(2)
  public Matrix gemm() {
    products.gemm(Op.NONE, Op.NONE, 1, a, b, 0, c);
    return c;
  }

  /** C = A B^T: the forward pass. */
  @Benchmark
  @Flops(2)
  public Matrix gemmTransposed() {
    products.gemm(Op.NONE, Op.TRANSPOSE, 1, a, b, 0, c);
    return c;
  }

  /** One triangle of C = A^T A: the second moment, half of a product's operations. */
  @Benchmark
  @Flops(1)
  public Matrix syrk() {
    products.syrk(1, a, 0, c);
    return c;
  }
}
