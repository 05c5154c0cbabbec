// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.blas.mixed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.blas.Blas;
import dev.awp.blas.Blas.Op;
import dev.awp.blas.BlasProvider.UnavailableException;
import dev.awp.blas.JavaBlas;
import dev.awp.blas.ParallelBlas;
import dev.awp.blas.Precision;
import dev.awp.blas.RightOperand;
import dev.awp.blas.RowSource;
import dev.awp.blas.mixed.MixedPrecision.Mode;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RoundedProducts;
import dev.awp.kernel.Kernels;
import dev.awp.kernel.scalar.ScalarKernels;
import dev.awp.parallel.Workers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;

class MixedPrecisionTest {
  private static final Kernels KERNELS = ScalarKernels.create();
  private static final Blas F32 = new JavaBlas(KERNELS);

  private static MixedPrecision of(Mode mode, Bf16Provider... providers) {
    return MixedPrecision.of(mode, KERNELS, F32, List.of(providers));
  }

  private static Bf16Provider refusing() {
    return kernels -> {
      throw new UnavailableException("this processor is old");
    };
  }

  private static Bf16Provider rounding() {
    return kernels -> new RoundedProducts(F32, 8, 16);
  }

  @Test
  void automaticWithoutLibraryOrProcessorIsF32() {
    assertTrue(of(Mode.AUTO).candidates().isEmpty());
    assertTrue(of(Mode.AUTO, refusing()).candidates().isEmpty());
  }

  @Test
  void f32LoadsNothing() {
    Bf16Provider forbidden =
        kernels -> {
          throw new AssertionError("loaded");
        };
    assertEquals(MixedPrecision.none(), of(Mode.F32, forbidden));
  }

  @Test
  void forcedBf16FailsInOneSentence() {
    assertEquals(
        "--precision bf16 cannot be had: this processor is old",
        assertThrows(AwpException.class, () -> of(Mode.BF16, refusing())).getMessage());
    assertEquals(
        "--precision bf16 cannot be had: no module that multiplies bfloat16 is on the class path",
        assertThrows(AwpException.class, () -> of(Mode.BF16)).getMessage());
  }

  @Test
  void automaticTriesTheFastestFirstAndForcedTakesOnePart() {
    assertEquals(
        List.of(Precision.BF16, Precision.BF16X3),
        of(Mode.AUTO, refusing(), rounding()).candidates().stream()
            .map(MixedBlas::precision)
            .toList());
    MixedPrecision forced = of(Mode.BF16, rounding());
    assertTrue(forced.isForced());
    assertEquals(Precision.BF16, forced.candidates().getFirst().precision());
    assertEquals(1, forced.candidates().size());
  }

  /** A plain operand is the gemm that it stands for, also in parts on many threads. */
  @Test
  void preparedOperandsInF32AreTheSameBytes() {
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(2)) {
      Matrix a = RandomMatrices.of(RandomMatrices.Kind.GAUSSIAN, 103, 31, 1, arena);
      Matrix b = RandomMatrices.of(RandomMatrices.Kind.GAUSSIAN, 17, 31, 2, arena);
      Matrix expected = RandomMatrices.of(RandomMatrices.Kind.GAUSSIAN, 103, 17, 3, arena);
      Matrix plain = RandomMatrices.of(RandomMatrices.Kind.GAUSSIAN, 103, 17, 3, arena);
      Matrix parallel = RandomMatrices.of(RandomMatrices.Kind.GAUSSIAN, 103, 17, 3, arena);
      F32.gemm(Op.NONE, Op.TRANSPOSE, 1, a, b, 1, expected);
      F32.prepare(Op.TRANSPOSE, RowSource.of(b), workers, arena).multiplyAdd(a, plain);
      RightOperand shared =
          new ParallelBlas(F32, workers).prepare(Op.TRANSPOSE, RowSource.of(b), workers, arena);
      shared.multiplyAdd(a, parallel);
      assertEquals(-1, expected.segment().mismatch(plain.segment()));
      assertEquals(-1, expected.segment().mismatch(parallel.segment()));
      F32.gemm(Op.NONE, Op.TRANSPOSE, 1, a, b, 0, expected);
      shared.multiply(a, parallel);
      assertEquals(-1, expected.segment().mismatch(parallel.segment()));
      assertThrows(
          IllegalArgumentException.class, () -> shared.multiply(a, plain.rowRange(0, 102)));
    }
  }
}
