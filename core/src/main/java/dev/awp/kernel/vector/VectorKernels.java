// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.vector;

import dev.awp.kernel.Kernels;

/**
 * The Vector API implementation, at the width that the JVM prefers. Only this package links
 * jdk.incubator.vector, so a JVM without the module can still load everything else.
 */
public final class VectorKernels {
  private VectorKernels() {}

  public static Kernels create() {
    return new Kernels(
        "vector-" + Lanes.FLOATS.vectorBitSize(),
        new VectorConversion(),
        new VectorArithmetic(),
        new VectorSelection(),
        new VectorGrid(),
        new VectorNetwork(),
        new VectorBeam());
  }
}
