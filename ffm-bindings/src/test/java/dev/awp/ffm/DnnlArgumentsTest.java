// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.blas.Blas.Op;
import dev.awp.blas.Precision;
import dev.awp.blas.RightOperand;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Everything that must be refused before native code sees it. */
class DnnlArgumentsTest {
  private final Dnnl dnnl = Fixtures.dnnl();
  private final Arena arena = Arena.ofConfined();
  private final RightOperand operand =
      Fixtures.prepare(dnnl, Precision.BF16, Op.TRANSPOSE, Matrix.allocate(arena, 5, 3), arena);

  @AfterEach
  void free() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  @Test
  void sizesThatDoNotFitAreBothNamed() {
    String wrongInner = refusal(Matrix.allocate(arena, 2, 4), Matrix.allocate(arena, 2, 5));
    assertEquals(
        "multiply: the right operand is [3, 5], so A must be [m, 3] and C [m, 5]; A is [2, 4], C is"
            + " [2, 5]",
        wrongInner);
    assertTrue(
        refusal(Matrix.allocate(arena, 2, 3), Matrix.allocate(arena, 2, 4))
            .contains("C is [2, 4]"));
    assertEquals(
        "multiply: A and C must have as many rows; A is [2, 3], C is [1, 5]",
        refusal(Matrix.allocate(arena, 2, 3), Matrix.allocate(arena, 1, 5)));
  }

  @Test
  void memoryThatCannotBeUsedIsRefused() {
    Matrix heap = Matrix.wrap(MemorySegment.ofArray(new float[6]), 2, 3);
    Matrix c = Matrix.allocate(arena, 2, 5);
    assertTrue(refusal(heap, c).contains("lies on the Java heap"));
    Matrix readOnly = Matrix.wrap(c.segment().asReadOnly(), 2, 5);
    assertTrue(refusal(Matrix.allocate(arena, 2, 3), readOnly).contains("is read-only"));
    Matrix square = Matrix.allocate(arena, 3, 3);
    RightOperand ofSquare = Fixtures.prepare(dnnl, Precision.BF16, Op.NONE, square, arena);
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> ofSquare.multiply(square, square))
            .getMessage()
            .contains("shares memory"));
    assertThrows(
        IllegalArgumentException.class,
        () -> Fixtures.prepare(dnnl, Precision.BF16, Op.NONE, heap, arena));
    assertThrows(
        IllegalArgumentException.class,
        () -> Fixtures.prepare(dnnl, Precision.F32, Op.NONE, square, arena));
  }

  @Test
  void aClosedOperandIsRefused() {
    try (Arena other = Arena.ofConfined()) {
      Matrix a = Matrix.allocate(other, 2, 3);
      Matrix c = Matrix.allocate(other, 2, 5);
      arena.close();
      assertThrows(IllegalStateException.class, () -> operand.multiply(a, c));
    }
  }

  @Test
  void theOriginalMayBeFreed() {
    RightOperand kept;
    try (Arena own = Arena.ofConfined()) {
      Matrix b = Matrix.allocate(own, 3, 5);
      b.set(2, 4, 7);
      kept = Fixtures.prepare(dnnl, Precision.BF16X3, Op.NONE, b, arena);
    }
    Matrix a = Matrix.allocate(arena, 2, 3);
    a.set(1, 2, 3);
    Matrix c = Matrix.allocate(arena, 2, 5);
    kept.multiply(a, c);
    assertEquals(21, c.get(1, 4));
  }

  private String refusal(Matrix a, Matrix c) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> operand.multiply(a, c)).getMessage();
    assertEquals(
        message,
        assertThrows(IllegalArgumentException.class, () -> operand.multiplyAdd(a, c)).getMessage());
    return message;
  }
}
