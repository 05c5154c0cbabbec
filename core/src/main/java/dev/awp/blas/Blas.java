// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.blas;

import dev.awp.parallel.Workers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;

/**
 * The seam behind which dense products run: native OpenBLAS, or a blocked Java product where there
 * is none. Every implementation checks shapes with {@link BlasShapes} before it touches memory, so
 * no argument can crash the JVM. A call runs on the calling thread alone; {@link ParallelBlas}
 * splits calls over workers.
 */
public interface Blas {
  /** How an operand enters a product. */
  enum Op {
    NONE,
    TRANSPOSE
  }

  /** Library, version and kernel, for logs and reports. */
  String name();

  /**
   * C = alpha op(A) op(B) + beta C in float32. With beta = 0 the old C is not read.
   *
   * @param a [m, k], or [k, m] under TRANSPOSE
   * @param b [k, n], or [n, k] under TRANSPOSE
   * @param c [m, n]; must not share memory with a or b
   */
  void gemm(Op opA, Op opB, float alpha, Matrix a, Matrix b, float beta, Matrix c);

  /**
   * The lower triangle (diagonal included) of C = alpha A^T A + beta C in float32; the entries
   * above the diagonal are left as they are.
   *
   * @param a [n, d]
   * @param c [d, d]; must not share memory with a
   */
  void syrk(float alpha, Matrix a, float beta, Matrix c);

  /**
   * op(B) made ready for many products from the left: here B in float32, in a {@code MixedBlas} its
   * bfloat16 parts. The seam through which products may have lower precision. For the coordinating
   * thread.
   *
   * @param b [k, n], or [n, k] under TRANSPOSE; if it is in memory it must live and keep its values
   *     as long as what is returned
   * @param workers make it together
   * @param arena owns what is made; usable from all threads that multiply
   */
  default RightOperand prepare(Op op, RowSource b, Workers workers, Arena arena) {
    return new PlainOperand(this, op, b.whole(workers, arena));
  }

  /** The precision of products with prepared operands. */
  default Precision precision() {
    return Precision.F32;
  }
}
