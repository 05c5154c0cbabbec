// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.blas;

import dev.awp.blas.Blas.Op;
import dev.awp.tensor.Matrix;

/** The shape rules of {@link Blas}, checked before memory is touched. */
public final class BlasShapes {
  private BlasShapes() {}

  /** Checks the operands of {@link Blas#gemm}. */
  public static void checkGemm(Op opA, Op opB, Matrix a, Matrix b, Matrix c) {
    int m = rows(opA, a);
    int k = columns(opA, a);
    int n = columns(opB, b);
    if (rows(opB, b) != k || c.rows() != m || c.columns() != n) {
      throw new IllegalArgumentException(
          "gemm: op(A) is [%s, %s] and op(B) is [%s, %s], so C must be [%s, %s] with equal inner sizes; C is %s"
              .formatted(m, k, rows(opB, b), n, m, n, c));
    }
    checkDistinct("gemm", a, c);
    checkDistinct("gemm", b, c);
  }

  /** Checks the operands of {@link Blas#syrk}. */
  public static void checkSyrk(Matrix a, Matrix c) {
    if (c.rows() != a.columns() || c.columns() != a.columns()) {
      throw new IllegalArgumentException(
          "syrk: A is %s, so C must be [%s, %s]; C is %s"
              .formatted(a, a.columns(), a.columns(), c));
    }
    checkDistinct("syrk", a, c);
  }

  /**
   * Checks the operands of a product with a {@link RightOperand} of k rows and n columns that does
   * not refer to the matrix which it was made of.
   */
  public static void checkMultiply(Matrix a, int k, int n, Matrix c) {
    if (a.columns() != k || c.columns() != n) {
      throw new IllegalArgumentException(
          "multiply: the right operand is [%s, %s], so A must be [m, %s] and C [m, %s]; A is %s, C is %s"
              .formatted(k, n, k, n, a, c));
    }
    checkRows(a, c);
    checkDistinct("multiply", a, c);
  }

  /** Checks that A and C of a product have as many rows. */
  static void checkRows(Matrix a, Matrix c) {
    if (a.rows() != c.rows()) {
      throw new IllegalArgumentException(
          "multiply: A and C must have as many rows; A is %s, C is %s".formatted(a, c));
    }
  }

  private static void checkDistinct(String routine, Matrix input, Matrix output) {
    if (input.size() == 0 || output.size() == 0) {
      return;
    }
    // Column views of one matrix interleave without sharing an element.
    if (input.segment().asOverlappingSlice(output.segment()).isPresent()
        && !areColumnViewsOfOneMatrix(input, output)) {
      throw new IllegalArgumentException(
          routine + ": the output " + output + " shares memory with the input " + input);
    }
  }

  private static boolean areColumnViewsOfOneMatrix(Matrix x, Matrix y) {
    if (x.stride() != y.stride()) {
      return false;
    }
    long stride = (long) x.stride() * Float.BYTES;
    long shift = Math.floorMod(y.segment().address() - x.segment().address(), stride);
    long end = shift + (long) y.columns() * Float.BYTES;
    return shift >= (long) x.columns() * Float.BYTES && end <= stride;
  }

  private static int rows(Op op, Matrix x) {
    return op == Op.NONE ? x.rows() : x.columns();
  }

  private static int columns(Op op, Matrix x) {
    return op == Op.NONE ? x.columns() : x.rows();
  }
}
