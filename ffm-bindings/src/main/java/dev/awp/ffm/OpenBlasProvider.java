// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import dev.awp.blas.Blas;
import dev.awp.blas.BlasProvider;

/** OpenBLAS, for {@code -Dawp.blas=openblas}. */
public final class OpenBlasProvider implements BlasProvider {
  /** For ServiceLoader. */
  public OpenBlasProvider() {}

  @Override
  public String name() {
    return "openblas";
  }

  @Override
  public Blas load() throws UnavailableException {
    return OpenBlas.load();
  }
}
