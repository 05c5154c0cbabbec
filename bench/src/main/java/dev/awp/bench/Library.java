// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import dev.awp.blas.Blas;
import dev.awp.blas.BlasProvider.UnavailableException;
import dev.awp.blas.JavaBlas;
import dev.awp.ffm.OpenBlas;
import dev.awp.kernel.vector.VectorKernels;

/** Whose products run. */
public enum Library {
  OPENBLAS,
  JAVA;

  /** One thread a call. */
  Blas open() {
    if (this == JAVA) {
      return new JavaBlas(VectorKernels.create());
    }
    try {
      return OpenBlas.load();
    } catch (UnavailableException e) {
      throw new IllegalStateException("OpenBLAS cannot be measured here: " + e.getMessage(), e);
    }
  }
}
