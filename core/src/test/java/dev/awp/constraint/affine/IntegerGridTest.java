// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.affine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.constraint.GridParameters;
import dev.awp.constraint.GridStorage;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Scales and zero points by their definitions, and what is no grid at all. */
class IntegerGridTest {
  private static final IntegerGrid SYMMETRIC = new IntegerGrid(4, 0, true, DType.F32);
  private static final IntegerGrid ASYMMETRIC = new IntegerGrid(4, 0, false, DType.F32);

  /** Fifteen steps over twice the larger side, or over the whole range. */
  @Test
  void aScaleSpreadsTheCodesOverTheRange() {
    assertEquals(3f, SYMMETRIC.scaleOf(-22.5, 7.5));
    assertEquals(3f, SYMMETRIC.scaleOf(-7.5, 22.5));
    assertEquals(2f, ASYMMETRIC.scaleOf(-22.5, 7.5));
    assertEquals(2f, ASYMMETRIC.scaleOf(0, 30));
  }

  /** Where no zero point of 0 can be stored, fourteen steps reach the largest value. */
  @Test
  void withoutTheZeroPointZeroTheCodesAboveItReachTheLargestValue() {
    GridStorage storage = new GridStorage(Set.of(DType.F32), DType.F32, 1);
    IntegerGrid grid = new IntegerGrid(4, 0, false, storage);
    assertEquals(2f, grid.scaleOf(0, 28));
    assertEquals(1, grid.zeroPointOf(0, 2));
    assertEquals(2f, grid.scaleOf(-10, 20));
  }

  @Test
  void aZeroPointIsWhereZeroLies() {
    assertEquals(8, SYMMETRIC.zeroPointOf(-22.5, 3));
    assertEquals(8, SYMMETRIC.zeroPointOf(0, 3));
    assertEquals(0, ASYMMETRIC.zeroPointOf(0, 2));
    assertEquals(11, ASYMMETRIC.zeroPointOf(-22.2, 2));
    assertEquals(15, ASYMMETRIC.zeroPointOf(-100, 2));
  }

  /** Zeros lie on every grid, if it is one. */
  @Test
  void scalesAndZeroPointsThatMakeNoGridAreTold() {
    try (Arena arena = Arena.ofConfined()) {
      Matrix zeros = Matrix.allocate(arena, 1, 3);
      GridParameters numbers = GridParameters.allocate(ASYMMETRIC, 1, 3, arena);
      for (float[] grid : new float[][] {{1, 0}, {1, 15}, {Float.MIN_VALUE, 7}}) {
        assertEquals(Optional.empty(), checked(zeros, numbers, grid));
      }
      for (float[] grid : new float[][] {{0, 7}, {-1, 7}, {1, -1}, {1, 16}, {1, 0.5f}}) {
        assertTrue(checked(zeros, numbers, grid).isPresent(), grid[0] + ", " + grid[1]);
      }
    }
  }

  private static Optional<String> checked(Matrix t, GridParameters numbers, float[] grid) {
    numbers.scales().set(0, 0, grid[0]);
    numbers.zeroPoints().set(0, 0, grid[1]);
    return ASYMMETRIC.check(t, numbers);
  }

  @Test
  void channelScalesThatArePositiveNumbersForEveryColumnAreTaken() {
    try (Arena arena = Arena.ofConfined()) {
      Matrix zeros = Matrix.allocate(arena, 1, 3);
      GridParameters numbers = GridParameters.allocate(ASYMMETRIC, 1, 3, arena);
      numbers.scales().set(0, 0, 1);
      assertEquals(Optional.empty(), checked(zeros, numbers, arena, 1, 2, 0.5f));
      for (float wrong : new float[] {0, -1, Float.NaN}) {
        String told = checked(zeros, numbers, arena, 1, wrong, 1).orElseThrow();
        assertEquals("column 1 has the channel scale " + wrong, told);
      }
      String told = checked(zeros, numbers, arena, 1, 1).orElseThrow();
      assertTrue(told.contains("has channel scales"), told);
    }
  }

  private static Optional<String> checked(
      Matrix t, GridParameters numbers, Arena arena, float... channels) {
    Matrix factors = Matrix.allocate(arena, 1, channels.length);
    for (int j = 0; j < channels.length; j++) {
      factors.set(0, j, channels[j]);
    }
    return ASYMMETRIC.check(t, numbers.withChannelScales(factors));
  }
}
