// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel;

import dev.awp.parallel.Workers;

/**
 * What a computation runs on, handed down explicitly: the kernels, BLAS for use inside a worker's
 * task, and the workers.
 *
 * @param blas one thread a call
 */
public record Compute(Kernels kernels, Blas blas, Workers workers) implements AutoCloseable {
  /** The kernels and the BLAS that {@link KernelProvider} chose, with that many threads. */
  public static Compute create(int threads) {
    return new Compute(KernelProvider.kernels(), KernelProvider.blas(), new Workers(threads));
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
