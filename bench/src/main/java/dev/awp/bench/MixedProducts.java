// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import dev.awp.blas.Blas;
import dev.awp.blas.Blas.Op;
import dev.awp.blas.BlasProvider.UnavailableException;
import dev.awp.blas.ParallelBlas;
import dev.awp.blas.Precision;
import dev.awp.blas.RightOperand;
import dev.awp.blas.RowSource;
import dev.awp.blas.mixed.Bf16Products;
import dev.awp.blas.mixed.MixedBlas;
import dev.awp.ffm.DnnlProvider;
import dev.awp.kernel.vector.VectorKernels;
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

/**
 * The products of {@link Products} in bfloat16 parts, A split in every product and B once. Fails
 * where the processor has no instructions for bfloat16.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 700, timeUnit = TimeUnit.MILLISECONDS)
public class MixedProducts {
  @Param({"1024", "2048", "4096"})
  public int n = 1024;

  @Param public Cores cores = Cores.ONE;

  private Arena arena;
  private Workers workers;
  private Blas onePart;
  private Matrix a;
  private Matrix b;
  private Matrix c;
  private RightOperand ofOne;
  private RightOperand ofTwo;

  @Setup(Level.Trial)
  @SuppressWarnings("MustBeClosed") // closed by tearDown
  public void setUp() throws UnavailableException {
    Bf16Products products = new DnnlProvider().load(VectorKernels.create());
    arena = Arena.ofShared();
    workers = new Workers(cores.count());
    Blas f32 = Library.OPENBLAS.open();
    onePart = new ParallelBlas(new MixedBlas(f32, products, Precision.BF16), workers);
    Blas twoParts = new ParallelBlas(new MixedBlas(f32, products, Precision.BF16X3), workers);
    a = Matrix.allocate(arena, n, n);
    b = Matrix.allocate(arena, n, n);
    c = Matrix.allocate(arena, n, n);
    Row.fill(a.segment(), 1);
    Row.fill(b.segment(), 2);
    ofOne = onePart.prepare(Op.NONE, RowSource.of(b), workers, arena);
    ofTwo = twoParts.prepare(Op.NONE, RowSource.of(b), workers, arena);
  }

  @TearDown(Level.Trial)
  public void tearDown() {
    workers.close();
    arena.close();
  }

  /** C = A B in one product. */
  @Benchmark
  @Flops(2)
  public Matrix bf16() {
    ofOne.multiply(a, c);
    return c;
  }

  /** C = A B in three products, counted as one. */
  @Benchmark
  @Flops(2)
  public Matrix bf16x3() {
    ofTwo.multiply(a, c);
    return c;
  }

  /** Preparing B^T before C = A B^T, the forward pass: counted together. */
  @Benchmark
  @Flops(2)
  public Matrix preparedTransposed() {
    try (Arena own = Arena.ofShared()) {
      onePart.prepare(Op.TRANSPOSE, RowSource.of(b), workers, own).multiply(a, c);
    }
    return c;
  }
}
