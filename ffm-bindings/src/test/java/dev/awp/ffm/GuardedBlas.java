// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import dev.awp.blas.Blas;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Gives every product copies of its operands that end before a page that may not be touched: what
 * reads or writes behind an operand ends the JVM.
 */
record GuardedBlas(Blas blas) implements Blas {
  @Override
  public String name() {
    return blas.name();
  }

  @Override
  public void gemm(Op opA, Op opB, float alpha, Matrix a, Matrix b, float beta, Matrix c) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix product = guarded(arena, c);
      blas.gemm(opA, opB, alpha, guarded(arena, a), guarded(arena, b), beta, product);
      c.copyFrom(product);
    }
  }

  @Override
  public void syrk(float alpha, Matrix a, float beta, Matrix c) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix product = guarded(arena, c);
      blas.syrk(alpha, guarded(arena, a), beta, product);
      c.copyFrom(product);
    }
  }

  /** The same values with the same distance between rows; the last row's last value is the end. */
  private static Matrix guarded(Arena arena, Matrix matrix) {
    MemorySegment values = matrix.segment();
    MemorySegment copy = GuardedMemory.allocate(arena, values.byteSize()).copyFrom(values);
    // A matrix of whole rows would reach behind the end; the view of its columns does not.
    long whole = (long) matrix.rows() * matrix.stride() * Float.BYTES;
    return Matrix.wrap(copy.reinterpret(whole), matrix.rows(), matrix.stride())
        .columnRange(0, matrix.columns());
  }
}
