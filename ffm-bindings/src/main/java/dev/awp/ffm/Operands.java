// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import dev.awp.AwpException;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What native code takes on trust, checked before each call: where the memory is, that it may still
 * be used, and what the factorizations assume of shapes and values. That a matrix's rows and stride
 * stay within its memory is {@link Matrix}'s own invariant.
 */
final class Operands {
  private static final int MAGNITUDE = 0x7fffffff;
  private static final int GREATEST_FINITE = 0x7f7fffff;

  private Operands() {}

  static void checkInput(String routine, String name, Matrix matrix) {
    MemorySegment segment = matrix.segment();
    if (!segment.isNative()) {
      throw new IllegalArgumentException(
          "%s: %s %s lies on the Java heap; OpenBLAS needs native memory"
              .formatted(routine, name, matrix));
    }
    if (segment.address() % Float.BYTES != 0) {
      throw new IllegalArgumentException(
          "%s: %s %s begins at an address that is no multiple of %s"
              .formatted(routine, name, matrix, Float.BYTES));
    }
    if (!segment.scope().isAlive()) {
      throw new IllegalStateException(
          "%s: the arena of %s %s is closed".formatted(routine, name, matrix));
    }
    if (!segment.isAccessibleBy(Thread.currentThread())) {
      throw new IllegalStateException(
          "%s: the arena of %s %s is confined to another thread".formatted(routine, name, matrix));
    }
  }

  static void checkOutput(String routine, String name, Matrix matrix) {
    checkInput(routine, name, matrix);
    if (matrix.segment().isReadOnly()) {
      throw new IllegalArgumentException("%s: %s %s is read-only".formatted(routine, name, matrix));
    }
  }

  static void checkDistinct(
      String routine, String inputName, Matrix input, String outputName, Matrix output) {
    if (input.size() > 0
        && output.size() > 0
        && input.segment().asOverlappingSlice(output.segment()).isPresent()) {
      throw new IllegalArgumentException(
          "%s: the output %s %s shares memory with %s %s"
              .formatted(routine, outputName, output, inputName, input));
    }
  }

  static void checkSquare(String routine, String name, Matrix matrix) {
    if (matrix.rows() != matrix.columns()) {
      throw new IllegalArgumentException(
          "%s: %s must be square; it is %s".formatted(routine, name, matrix));
    }
  }

  /**
   * Checks that the diagonal and what lies below it are finite: LAPACK's iterations need not end on
   * NaN and infinity.
   */
  static void checkFiniteLowerTriangle(String routine, Matrix matrix) {
    MemorySegment segment = matrix.segment();
    for (int r = 0; r < matrix.rows(); r++) {
      long row = (long) r * matrix.stride();
      int greatest = 0;
      for (int c = 0; c <= r; c++) {
        int bits = segment.getAtIndex(ValueLayout.JAVA_INT, row + c);
        greatest = Math.max(greatest, bits & MAGNITUDE);
      }
      if (greatest > GREATEST_FINITE) {
        throw notFinite(routine, matrix, r);
      }
    }
  }

  private static AwpException notFinite(String routine, Matrix matrix, int row) {
    int column = 0;
    while (Float.isFinite(matrix.get(row, column))) {
      column++;
    }
    return new AwpException(
        "%s: entry (%s, %s) of the %s matrix is %s; every entry must be finite"
            .formatted(routine, row, column, matrix, matrix.get(row, column)));
  }
}
