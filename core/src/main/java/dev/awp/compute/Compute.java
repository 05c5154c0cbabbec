// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compute;

import dev.awp.blas.Blas;
import dev.awp.blas.Blas.Op;
import dev.awp.blas.ParallelBlas;
import dev.awp.blas.Precision;
import dev.awp.blas.RightOperand;
import dev.awp.blas.RowSource;
import dev.awp.blas.StrassenOperand;
import dev.awp.blas.mixed.MixedPrecision;
import dev.awp.kernel.Kernels;
import dev.awp.parallel.Workers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;

/**
 * What a computation runs on, handed down explicitly: the kernels, BLAS for use inside a worker's
 * task, the workers, and what may take the BLAS's place where a sample allows it.
 *
 * @param blas one thread a call
 * @param lower precisions that products may have; nothing but {@link #with} makes use of them
 */
public record Compute(Kernels kernels, Blas blas, Workers workers, MixedPrecision lower)
    implements AutoCloseable {
  /** Without lower precisions. */
  public Compute(Kernels kernels, Blas blas, Workers workers) {
    this(kernels, blas, workers, MixedPrecision.none());
  }

  /** The kernels and the BLAS that {@link KernelProvider} chose, with that many threads. */
  public static Compute create(int threads) {
    return create(threads, MixedPrecision.Mode.F32);
  }

  /** The same with the lower precisions that the mode allows and this machine has. */
  public static Compute create(int threads, MixedPrecision.Mode mode) {
    Kernels kernels = KernelProvider.kernels();
    Blas blas = KernelProvider.blas();
    MixedPrecision lower = MixedPrecision.of(mode, kernels, blas);
    return new Compute(kernels, blas, new Workers(threads), lower);
  }

  /** The same workers with another BLAS, and no choice left. */
  public Compute with(Blas other) {
    return new Compute(kernels, other, workers);
  }

  /** The same on the calling thread alone. */
  public Compute onOneThread() {
    return new Compute(kernels, blas, Workers.CALLER_ALONE, lower);
  }

  /** BLAS that uses all workers; for the coordinating thread, never for a worker's task. */
  public ParallelBlas parallelBlas() {
    return new ParallelBlas(blas, workers);
  }

  /**
   * B made ready for many products with parts of a matrix of so many rows, as {@link Workers}
   * divides it: for the coordinating thread to make and workers' tasks to multiply with. Where a
   * large product in float32 is faster by Strassen's algorithm it is made by that; shapes alone
   * decide.
   *
   * @param b [k, n]; must live and keep its values as long as what is returned
   * @param arena owns what is made; usable from all threads
   */
  public RightOperand prepare(Matrix b, int rows, Arena arena) {
    if (blas.precision() == Precision.F32 && StrassenOperand.pays(rows, b.rows(), b.columns())) {
      return new StrassenOperand(blas, kernels, workers, b, workers.partRows(rows), arena);
    }
    return blas.prepare(Op.NONE, RowSource.of(b), workers, arena);
  }

  /**
   * The off-heap memory that {@link #prepare} and the products take in float32, B not counted, in
   * bytes.
   *
   * @param k rows of B
   * @param n its columns
   */
  public static long preparedBytes(int rows, int k, int n, Workers workers) {
    if (!StrassenOperand.pays(rows, k, n)) {
      return 0;
    }
    return StrassenOperand.bytes(k, n, workers.partRows(rows), workers.partsAtOnce(rows));
  }

  @Override
  public void close() {
    workers.close();
  }
}
