// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.compute.Compute;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.constraint.block.BlockGrid;
import dev.awp.constraint.codebook.CodebookGrid;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Numbers of groups that are not those of the matrix, and storages that there are not. */
class RefusedNumbersTest {
  private static final int COLUMNS = 256;

  static Stream<Grid> grids() {
    return Stream.of(
        new IntegerGrid(4, 32, false, DType.BF16),
        BlockGrid.Q4_0,
        BlockGrid.Q4_K,
        BlockGrid.Q6_K,
        BlockGrid.NVFP4,
        CodebookGrid.IQ3_S,
        CodebookGrid.IQ1_M);
  }

  @ParameterizedTest
  @MethodSource("grids")
  void numbersOfAnotherMatrixAreTold(Grid grid) {
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(1)) {
      Matrix t =
          projected(grid, 3, arena, compute, GridParameters.allocate(grid, 3, COLUMNS, arena));
      for (GridParameters other :
          new GridParameters[] {
            GridParameters.allocate(grid, 2, COLUMNS, arena),
            GridParameters.allocate(grid, 3, 2 * COLUMNS, arena)
          }) {
        String wrong = grid.check(t, other).orElseThrow();
        assertTrue(wrong.contains("needs scales [3, " + grid.groups(COLUMNS) + "]"), wrong);
      }
    }
  }

  /** Each number of a group that is moved by one storable step, or off what can be stored. */
  @ParameterizedTest
  @MethodSource("grids")
  void numbersThatAreNotStorableAreTold(Grid grid) {
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(1)) {
      GridParameters numbers = GridParameters.allocate(grid, 2, COLUMNS, arena);
      Matrix t = projected(grid, 2, arena, compute, numbers);
      assertEquals(Optional.empty(), grid.check(t, numbers));
      float scale = numbers.scales().get(1, 0);
      for (float wrong : new float[] {Math.nextUp(scale), Float.NaN, Float.POSITIVE_INFINITY}) {
        numbers.scales().set(1, 0, wrong);
        assertTrue(grid.check(t, numbers).isPresent(), grid + " with the scale " + wrong);
      }
      numbers.scales().set(1, 0, scale);
      float zeroPoint = numbers.zeroPoints().get(1, 0);
      for (float wrong : new float[] {zeroPoint + 0.5f, zeroPoint - 300, Float.NaN}) {
        numbers.zeroPoints().set(1, 0, wrong);
        assertTrue(grid.check(t, numbers).isPresent(), grid + " with the zero point " + wrong);
      }
      numbers.zeroPoints().set(1, 0, zeroPoint);
      assertEquals(Optional.empty(), grid.check(t, numbers));
    }
  }

  private static Matrix projected(
      Grid grid, int rows, Arena arena, Compute compute, GridParameters numbers) {
    Matrix z = RandomMatrices.of(Kind.GAUSSIAN, rows, COLUMNS, 7, arena);
    Matrix t = Matrix.allocate(arena, rows, COLUMNS);
    grid.of(z).project(z, t, numbers, compute);
    return t;
  }

  @Test
  void storagesThatThereAreNotAreRefused() {
    Set<DType> half = Set.of(DType.F16);
    assertThrows(IllegalArgumentException.class, () -> new GridStorage(Set.of(), DType.F32, 0));
    assertThrows(
        IllegalArgumentException.class, () -> new GridStorage(Set.of(DType.U8), DType.F32, 0));
    assertThrows(IllegalArgumentException.class, () -> new GridStorage(half, DType.U8, 0));
    assertThrows(IllegalArgumentException.class, () -> new GridStorage(half, DType.F32, 2));
    assertThrows(IllegalArgumentException.class, () -> new GridStorage(half, DType.F32, -1));
    assertThrows(IllegalArgumentException.class, () -> Storage.round(DType.U8, 1f));
  }
}
