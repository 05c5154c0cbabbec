// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import dev.awp.ffm.OpenBlas;
import dev.awp.kernel.Blas;
import dev.awp.kernel.BlasProvider.UnavailableException;
import dev.awp.kernel.JavaBlas;
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
