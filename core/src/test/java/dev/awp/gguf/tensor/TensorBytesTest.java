// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.compute.KernelProvider;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.file.GgufPlace;
import dev.awp.kernel.Kernels;
import dev.awp.stored.RowPieces;
import dev.awp.stored.TensorEncoder;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bytes of tensors that are made some rows at a time. */
class TensorBytesTest {
  private static final int ROWS = 7;

  private final Kernels kernels = KernelProvider.kernels();

  private static GgufTensorPlan plan(BlockType type, int columns, int padded) {
    GgufPlace place = GgufPlace.whole("table");
    return new GgufTensorPlan(
        "table", place, type, false, ROWS, columns, ROWS, padded, TensorForm.SAME);
  }

  private TensorView stored(Matrix x, Arena arena) {
    return new TensorView(
        "table",
        DType.F32,
        List.of((long) x.rows(), (long) x.columns()),
        Path.of("memory"),
        0,
        new TensorEncoder(kernels).encode("table", x, DType.F32, arena));
  }

  private static Matrix random(int columns, Arena arena) {
    SplittableRandom random = new SplittableRandom(3);
    Matrix x = Matrix.allocate(arena, ROWS, columns);
    for (int r = 0; r < ROWS; r++) {
      for (int c = 0; c < columns; c++) {
        x.set(r, c, (float) random.nextGaussian());
      }
    }
    return x;
  }

  @ParameterizedTest
  @CsvSource({
    "F32, 40, 40",
    "F16, 40, 40",
    "BF16, 40, 64",
    "Q8_0, 64, 64",
    "Q8_0, 40, 64",
    "Q4_0, 64, 64",
    "Q5_1, 64, 64",
    "Q4_K, 512, 512",
    "Q6_K, 300, 512",
    "IQ4_NL, 64, 64",
    "IQ3_S, 256, 256"
  })
  void piecesAreTheSameBytes(BlockType type, int columns, int padded) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      Matrix x = random(columns, arena);
      GgufTensorPlan plan = plan(type, columns, padded);
      TensorBytes bytes = new TensorBytes(kernels);
      byte[] whole = bytes.nearest(plan, x, arena).toArray(ValueLayout.JAVA_BYTE);
      for (int most : List.of(1, 3, ROWS)) {
        ByteArrayOutputStream together = new ByteArrayOutputStream();
        List<Integer> sizes = new ArrayList<>();
        bytes
            .nearest(plan, new RowPieces(stored(x, arena), most, kernels))
            .writeTo(
                part -> {
                  sizes.add((int) part.byteSize());
                  together.writeBytes(part.toArray(ValueLayout.JAVA_BYTE));
                });
        assertArrayEquals(whole, together.toByteArray());
        assertEquals(Math.ceilDiv(ROWS, most), sizes.size());
        assertEquals(most * whole.length / ROWS, sizes.getFirst());
      }
    }
  }

  /** E2B's table has 262,144 rows of 8,960 columns, 9.4 GB in float32. */
  @Test
  void aPieceOfALargeTableHasSomeMegabytes() {
    TensorView table =
        new TensorView(
            "table",
            DType.BF16,
            List.of(262_144L, 8960L),
            Path.of("memory"),
            0,
            MemorySegment.NULL);
    RowPieces pieces = RowPieces.of(table, kernels);
    assertTrue(pieces.most() > 100, pieces.toString());
    assertTrue(4L * pieces.most() * 8960 <= 16L << 20, pieces.toString());
  }

  @Test
  void errorsNameTheRowOfTheTensor() {
    try (Arena arena = Arena.ofConfined()) {
      Matrix x = random(40, arena);
      x.set(5, 1, 1e6f);
      var parts =
          new TensorBytes(kernels)
              .nearest(plan(BlockType.F16, 40, 40), new RowPieces(stored(x, arena), 2, kernels));
      String told = assertThrows(AwpException.class, () -> parts.writeTo(_ -> {})).getMessage();
      assertTrue(told.contains("tensor table, row 5: a value of magnitude 1000000.0"), told);
    }
  }

  @Test
  void whatDependsOnTheWholeMatrixIsMadeOfIt() {
    assertTrue(TensorBytes.isByRows(plan(BlockType.F16, 64, 64)));
    assertFalse(TensorBytes.isByRows(plan(BlockType.NVFP4, 64, 64)));
    GgufTensorPlan taller =
        new GgufTensorPlan(
            "table",
            GgufPlace.whole("table"),
            BlockType.F16,
            false,
            ROWS,
            64,
            ROWS + 1,
            64,
            TensorForm.SAME);
    assertFalse(TensorBytes.isByRows(taller));
    RowPieces pieces =
        new RowPieces(stored(random(64, Arena.ofAuto()), Arena.ofAuto()), 2, kernels);
    assertThrows(
        IllegalArgumentException.class, () -> new TensorBytes(kernels).nearest(taller, pieces));
  }
}
