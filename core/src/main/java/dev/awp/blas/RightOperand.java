// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.blas;

import dev.awp.tensor.Matrix;

/**
 * The right operand op(B), [k, n], of many products, made ready by {@link Blas#prepare} or {@code
 * Compute.prepare}. Usable by any number of threads at once, until its arena is closed. A row of C
 * depends on its row of A and on op(B) alone, to within the rules of the {@link Blas} that made it;
 * only {@link StrassenOperand} has rows go together in pairs.
 */
public interface RightOperand {
  /** op(B) as it is, in float32: every product reads B, which may change between products. */
  static RightOperand plain(Blas blas, Blas.Op op, Matrix b) {
    return new PlainOperand(blas, op, b);
  }

  /**
   * Rows of A that are multiplied as fast as any larger number: a caller that has other work with
   * every row takes so many through both, and finds them in the cache.
   */
  default int rowsAtOnce() {
    return Integer.MAX_VALUE;
  }

  /**
   * C = A op(B).
   *
   * @param a [m, k]
   * @param c [m, n]; the old values are not read; must not share memory with a or b
   */
  void multiply(Matrix a, Matrix c);

  /**
   * C = A op(B) + C.
   *
   * @param a [m, k]
   * @param c [m, n]; must not share memory with a or b
   */
  void multiplyAdd(Matrix a, Matrix c);
}
