// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.blas.mixed;

import dev.awp.blas.BlasProvider.UnavailableException;
import dev.awp.kernel.Kernels;

/** Found through ServiceLoader: a library that multiplies in bfloat16. */
public interface Bf16Provider {
  /**
   * Loads the library.
   *
   * @param kernels that split operands into their parts
   * @throws UnavailableException with the reason, in one sentence, where library or processor
   *     cannot do it
   */
  Bf16Products load(Kernels kernels) throws UnavailableException;
}
