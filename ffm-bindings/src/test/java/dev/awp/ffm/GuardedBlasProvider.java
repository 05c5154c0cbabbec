// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import dev.awp.blas.Blas;
import dev.awp.blas.BlasProvider;
import dev.awp.compute.KernelProvider;

/** OpenBLAS on {@link GuardedBlas guarded operands}, for {@code -Dawp.blas=guarded} alone. */
public final class GuardedBlasProvider implements BlasProvider {
  /** For ServiceLoader. */
  public GuardedBlasProvider() {}

  @Override
  public String name() {
    return "guarded";
  }

  @Override
  public Blas load() throws UnavailableException {
    if (!name().equals(System.getProperty(KernelProvider.BLAS_PROPERTY))) {
      throw new UnavailableException("only where it is asked for");
    }
    return new GuardedBlas(OpenBlas.load());
  }
}
