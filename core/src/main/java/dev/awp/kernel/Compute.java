// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel;

import dev.awp.parallel.Workers;

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

  /** BLAS that uses all workers; for the coordinating thread, never for a worker's task. */
  public ParallelBlas parallelBlas() {
    return new ParallelBlas(blas, workers);
  }

  @Override
  public void close() {
    workers.close();
  }
}
