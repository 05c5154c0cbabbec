// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.blas.Blas.Op;
import dev.awp.ffm.OpenBlas.Side;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything that must be refused before native code sees it. */
class OpenBlasArgumentsTest {
  private final OpenBlas blas = Fixtures.openBlas();
  private final Arena arena = Arena.ofConfined();

  @AfterEach
  void free() {
    arena.close();
  }

  /** A routine, called on good operands but for one. */
  record Call(String routine, String operand, boolean output, Invocation invocation) {
    interface Invocation {
      void run(OpenBlas blas, Matrix bad, Arena arena);
    }

    @Override
    public String toString() {
      return routine + " " + operand;
    }
  }

  /** Every operand of every routine; the good ones are [3, 3], or [1, 3] for W. */
  static Stream<Call> calls() {
    return Stream.of(
        new Call("gemm", "A", false, (b, x, s) -> gemm(b, x, good(s), good(s))),
        new Call("gemm", "B", false, (b, x, s) -> gemm(b, good(s), x, good(s))),
        new Call("gemm", "C", true, (b, x, s) -> gemm(b, good(s), good(s), x)),
        new Call("syrk", "A", false, (b, x, s) -> b.syrk(1f, x, 0f, good(s))),
        new Call("syrk", "C", true, (b, x, s) -> b.syrk(1f, good(s), 0f, x)),
        new Call("symm", "S", false, (b, x, s) -> b.symm(Side.LEFT, 1f, x, good(s), 0f, good(s))),
        new Call("symm", "B", false, (b, x, s) -> b.symm(Side.RIGHT, 1f, good(s), x, 0f, good(s))),
        new Call("symm", "C", true, (b, x, s) -> b.symm(Side.LEFT, 1f, good(s), good(s), 0f, x)),
        new Call("cholesky", "A", true, (b, x, s) -> b.cholesky(x)),
        new Call("invertCholesky", "A", true, (b, x, s) -> b.invertCholesky(x)),
        new Call(
            "symmetricEigen",
            "A",
            true,
            (b, x, s) -> b.symmetricEigen(x, Matrix.allocate(s, 1, 3))),
        new Call("symmetricEigen", "W", true, (b, x, s) -> b.symmetricEigen(good(s), x)));
  }

  private static void gemm(OpenBlas blas, Matrix a, Matrix b, Matrix c) {
    blas.gemm(Op.NONE, Op.NONE, 1f, a, b, 0f, c);
  }

  private static Matrix good(Arena arena) {
    Matrix matrix = Matrix.allocate(arena, 3, 3);
    for (int i = 0; i < 3; i++) {
      matrix.set(i, i, 1f);
    }
    return matrix;
  }

  private static int rows(Call call) {
    return call.operand().equals("W") ? 1 : 3;
  }

  @ParameterizedTest
  @MethodSource("calls")
  void heapMemoryIsRefused(Call call) {
    int rows = rows(call);
    Matrix heap = Matrix.wrap(MemorySegment.ofArray(new float[rows * 3]), rows, 3);
    assertRefused(
        call,
        heap,
        IllegalArgumentException.class,
        "%s [%d, 3] lies on the Java heap; OpenBLAS needs native memory");
  }

  @ParameterizedTest
  @MethodSource("calls")
  void crookedAddressesAreRefused(Call call) {
    int bytes = rows(call) * 3 * Float.BYTES;
    Matrix crooked = Matrix.wrap(arena.allocate(bytes + 2, 4).asSlice(2, bytes), rows(call), 3);
    assertRefused(
        call,
        crooked,
        IllegalArgumentException.class,
        "%s [%d, 3] begins at an address that is no multiple of 4");
  }

  @ParameterizedTest
  @MethodSource("calls")
  void memoryThatIsGoneIsRefused(Call call) {
    Matrix gone;
    try (Arena closed = Arena.ofConfined()) {
      gone = Matrix.allocate(closed, rows(call), 3);
    }
    assertRefused(call, gone, IllegalStateException.class, "the arena of %s [%d, 3] is closed");
  }

  @ParameterizedTest
  @MethodSource("calls")
  void memoryOfAnotherThreadIsRefused(Call call) throws InterruptedException {
    List<Throwable> failures = new ArrayList<>();
    Matrix confined = Matrix.allocate(arena, rows(call), 3);
    Thread thread =
        new Thread(
            () -> {
              try (Arena own = Arena.ofConfined()) {
                call.invocation().run(blas, confined, own);
              } catch (RuntimeException e) {
                failures.add(e);
              }
            });
    thread.start();
    thread.join();
    assertEquals(
        "%s: the arena of %s [%d, 3] is confined to another thread"
            .formatted(call.routine(), call.operand(), rows(call)),
        failures.getFirst().getMessage());
  }

  @ParameterizedTest
  @MethodSource("calls")
  void readOnlyOutputsAreRefused(Call call) {
    Matrix memory = call.operand().equals("W") ? Matrix.allocate(arena, 1, 3) : good(arena);
    Matrix readOnly = Matrix.wrap(memory.segment().asReadOnly(), rows(call), 3);
    if (call.output()) {
      assertRefused(call, readOnly, IllegalArgumentException.class, "%s [%d, 3] is read-only");
    } else {
      call.invocation().run(blas, readOnly, arena);
    }
  }

  @ParameterizedTest
  @MethodSource("calls")
  void wrongShapesAreRefused(Call call) {
    for (int rows = 0; rows <= 4; rows++) {
      for (int columns = 0; columns <= 4; columns++) {
        if ((rows == rows(call) && columns == 3) || isGoodShape(call, rows, columns)) {
          continue;
        }
        Matrix wrong = Matrix.allocate(arena, rows, columns);
        IllegalArgumentException e =
            assertThrows(
                IllegalArgumentException.class,
                () -> call.invocation().run(blas, wrong, arena),
                wrong::toString);
        assertTrue(e.getMessage().startsWith(call.routine() + ": "), e.getMessage());
        assertTrue(e.getMessage().contains(wrong.toString()), e.getMessage());
      }
    }
  }

  /** Shapes beside the [3, 3] that fit what the routine is called with. */
  private static boolean isGoodShape(Call call, int rows, int columns) {
    return switch (call.routine() + call.operand()) {
      case "syrkA" -> columns == 3;
      case "choleskyA", "invertCholeskyA" -> rows == columns;
      default -> false;
    };
  }

  @ParameterizedTest
  @EnumSource
  void gemmChecksTransposedShapes(Op op) {
    Matrix wide = Matrix.allocate(arena, 2, 3);
    Matrix c = op == Op.NONE ? Matrix.allocate(arena, 3, 3) : Matrix.allocate(arena, 2, 2);
    assertThrows(
        IllegalArgumentException.class, () -> blas.gemm(op, Op.NONE, 1f, wide, wide, 0f, c));
    assertThrows(IllegalArgumentException.class, () -> blas.gemm(op, op, 1f, wide, wide, 0f, c));
  }

  @Test
  void outputsThatShareMemoryWithInputsAreRefused() {
    Matrix parent = Matrix.allocate(arena, 6, 3);
    Matrix upper = parent.rowRange(0, 3);
    Matrix across = parent.rowRange(2, 5);
    Matrix apart = good(arena);
    List<Executable> calls =
        List.of(
            () -> gemm(blas, upper, apart, across),
            () -> gemm(blas, apart, upper, across),
            () -> blas.syrk(1f, upper, 0f, across),
            () -> blas.symm(Side.LEFT, 1f, upper, apart, 0f, across),
            () -> blas.symm(Side.LEFT, 1f, apart, upper, 0f, across),
            () -> blas.symmetricEigen(upper, parent.rowRange(2, 3)));
    for (Executable call : calls) {
      String message = assertThrows(IllegalArgumentException.class, call).getMessage();
      assertTrue(message.contains("shares memory with"), message);
    }
  }

  @Test
  void symmSaysWhichShapesItWants() {
    Matrix b = Matrix.allocate(arena, 3, 5);
    Matrix s = good(arena);
    Matrix c = Matrix.allocate(arena, 3, 5);
    assertEquals(
        "symm: B is [3, 5] and S on the RIGHT, so S must be [5, 5] and C [3, 5]; S is [3, 3], C is"
            + " [3, 5]",
        assertThrows(IllegalArgumentException.class, () -> blas.symm(Side.RIGHT, 1f, s, b, 0f, c))
            .getMessage());
  }

  @Test
  void eigenOrdersThatOverflowLapackAreRefusedBeforeMemoryIsTouched() {
    int n = Lapack.MAX_EIGEN_ORDER + 1;
    // Nothing reads or writes it: 4 GB of address space would do, and none is needed.
    Matrix huge = Matrix.wrap(MemorySegment.NULL.reinterpret(4L * n * n), n, n);
    Matrix w = Matrix.allocate(arena, 1, n);
    assertEquals(
        "symmetricEigen: A is [32767, 32767]; LAPACK's 32-bit integers allow 32766 rows at most",
        assertThrows(IllegalArgumentException.class, () -> blas.symmetricEigen(huge, w))
            .getMessage());
    long workspace =
        1 + 6L * Lapack.MAX_EIGEN_ORDER + 2L * Lapack.MAX_EIGEN_ORDER * Lapack.MAX_EIGEN_ORDER;
    assertTrue(workspace <= Integer.MAX_VALUE);
    assertTrue(workspace + 6 + 4L * n > Integer.MAX_VALUE);
  }

  private <E extends Exception> void assertRefused(
      Call call, Matrix bad, Class<E> type, String message) {
    E e = assertThrows(type, () -> call.invocation().run(blas, bad, arena));
    assertEquals(
        call.routine() + ": " + message.formatted(call.operand(), rows(call)), e.getMessage());
  }
}
