// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.scalar;

import dev.awp.kernel.Kernels;

/** The plain implementation: what a kernel means, one element after the other. */
public final class ScalarKernels {
  private ScalarKernels() {}

  public static Kernels create() {
    return new Kernels(
        "scalar",
        new ScalarConversion(),
        new ScalarArithmetic(),
        new ScalarSelection(),
        new ScalarGrid(),
        new ScalarNetwork(),
        new ScalarBeam());
  }
}
