// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.block;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.SparseGrid;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The grids of GGUF's blocks: what is projected lies on scales that a block can store. */
@Tag("kernel")
class BlockGridTest {
  private record Projected(Matrix z, Matrix t, GridParameters parameters) {}

  private static Projected project(
      Constraint constraint, Kind kind, int rows, int columns, long seed, Arena arena) {
    try (Compute compute = Compute.create(1)) {
      Matrix z = RandomMatrices.of(kind, rows, columns, seed, arena);
      Matrix t = Matrix.allocate(arena, rows, columns);
      GridParameters parameters = GridParameters.allocate(constraint, rows, columns, arena);
      constraint.of(z).project(z, t, parameters, compute);
      return new Projected(z, t, parameters);
    }
  }

  @Property(tries = 300)
  void everyProjectionCanBeStored(
      @ForAll BlockGrid grid,
      @ForAll Kind kind,
      @ForAll @IntRange(min = 1, max = 600) int columns,
      @ForAll long seed) {
    try (Arena arena = Arena.ofShared()) {
      Projected all = project(grid, kind, 2, columns, seed, arena);
      assertEquals(Optional.empty(), grid.check(all.t, all.parameters), grid + " " + kind);
    }
  }

  @ParameterizedTest
  @EnumSource
  void noOtherPointOfTheGridIsNearer(BlockGrid grid) {
    try (Arena arena = Arena.ofShared()) {
      int columns = 517;
      Projected all = project(grid, Kind.GAUSSIAN, 3, columns, 5, arena);
      for (int r = 0; r < 3; r++) {
        for (int j = 0; j < columns; j++) {
          int group = j / grid.groupColumns();
          float scale = all.parameters.scales().get(r, group);
          float minimum = all.parameters.minimum(r, group);
          double best = Double.POSITIVE_INFINITY;
          for (int code = 0; code <= grid.maxCode(); code++) {
            double point = grid.value(code, scale, minimum);
            best = Math.min(best, Math.abs(point - all.z.get(r, j)));
          }
          double distance = Math.abs(all.t.get(r, j) - all.z.get(r, j));
          assertEquals(best, distance, 1e-6 * (1 + best), grid + " [" + r + ", " + j + "]");
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void rangesAreCoveredToWithinAStep(BlockGrid grid) {
    float step = widestStep(grid);
    try (Arena arena = Arena.ofShared()) {
      Projected all = project(grid, Kind.GAUSSIAN, 8, 512, 9, arena);
      for (int r = 0; r < 8; r++) {
        for (int j = 0; j < 512; j++) {
          float scale = Math.abs(all.parameters.scales().get(r, j / grid.groupColumns()));
          float error = Math.abs(all.t.get(r, j) - all.z.get(r, j));
          // Half a step, a step at the short end, and what rounding the scales moves the ends by.
          assertTrue(error <= 1.3 * step * scale, grid + ": " + error + " at a scale of " + scale);
        }
      }
    }
  }

  /** In scales; of two levels that are a mean magnitude each, the tails lie three times as far. */
  private static float widestStep(BlockGrid grid) {
    float widest = grid == BlockGrid.Q1_0 ? 2.5f : 0;
    for (int code = 1; code <= grid.maxCode(); code++) {
      widest = Math.max(widest, grid.value(code, 1, 0) - grid.value(code - 1, 1, 0));
    }
    return widest;
  }

  @Property(tries = 100)
  void powersOfAMatrixAreToldFromItsScalesAlone(
      @ForAll Kind kind, @ForAll @IntRange(min = -60, max = 60) int power, @ForAll long seed) {
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(1)) {
      Matrix z = RandomMatrices.of(kind, 3, 70, seed, arena);
      for (int r = 0; r < 3; r++) {
        compute.kernels().arithmetic().scale(z.row(r), Math.scalb(1f, power), z.row(r));
      }
      GridParameters parameters = GridParameters.allocate(BlockGrid.NVFP4, 3, 70, arena);
      Matrix t = Matrix.allocate(arena, 3, 70);
      BlockGrid.NVFP4.of(z).project(z, t, parameters, compute);
      assertEquals(Optional.empty(), BlockGrid.NVFP4.check(t, parameters));
      float told = MatrixScale.ofScales(parameters.scales());
      assertTrue(told <= MatrixScale.of(z), told + " of " + MatrixScale.of(z));
      for (long i = 0; i < parameters.scales().size(); i++) {
        float stored = parameters.scales().segment().getAtIndex(JAVA_FLOAT, i) / told;
        assertEquals(stored, ScaleNumber.UE4M3.nearest(stored));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void scalesAreTheNearestOfAllThatCanBeStored(ScaleNumber number) {
    SortedSet<Double> all = new TreeSet<>();
    for (int code = 0; code < 256; code++) {
      switch (number) {
        case E8M0 -> all.add(Math.scalb(1.0, Math.min(code, 252) - 128));
        case UE4M3 -> {
          double normal = Math.scalb(8.0 + code % 8, code / 8 - 11);
          double value = code < 8 ? Math.scalb((double) code, -10) : normal;
          if (value > 0 && code < 0x7f) {
            all.add(value);
          }
        }
        case HALF -> {
          double half = Float.float16ToFloat((short) (code * 131));
          if (Double.isFinite(half) && half > 0) {
            all.add(half);
          }
        }
      }
    }
    for (double value : all) {
      assertEquals(value, number.nearest(value));
      double next = all.tailSet(value * (1 + 1e-9)).stream().findFirst().orElse(value);
      if (number != ScaleNumber.HALF) {
        assertEquals(value, number.nearest(value + 0.49 * (next - value)));
        assertEquals(next, number.nearest(value + 0.51 * (next - value)));
      }
    }
    float largest = (float) (number == ScaleNumber.HALF ? 65504 : all.last());
    assertEquals(largest, number.nearest(1e300));
    assertTrue(number.nearest(0) > 0);
  }

  @Test
  void scalesHaveTheSignThatReachesFurther() {
    try (Arena arena = Arena.ofShared()) {
      Matrix z = Matrix.allocate(arena, 2, 32);
      z.set(0, 3, 8f);
      z.set(1, 3, -8f);
      Matrix t = Matrix.allocate(arena, 2, 32);
      GridParameters parameters = GridParameters.allocate(BlockGrid.Q4_0, 2, 32, arena);
      try (Compute compute = Compute.create(1)) {
        BlockGrid.Q4_0.project(z, t, parameters, compute);
      }
      assertEquals(-1f, parameters.scales().get(0, 0));
      assertEquals(1f, parameters.scales().get(1, 0));
      assertEquals(8f, t.get(0, 3));
      assertEquals(-8f, t.get(1, 3));
      for (int j = 0; j < 32; j++) {
        assertEquals(j == 3 ? 8f : 0f, t.get(0, j));
        assertEquals(0, Float.floatToRawIntBits(t.row(0).getAtIndex(JAVA_FLOAT, j == 3 ? 4 : j)));
      }
    }
  }

  @Property(tries = 100)
  void prunedEntriesAreExactlyZero(
      @ForAll BlockGrid grid,
      @ForAll @IntRange(min = 1, max = 600) int columns,
      @ForAll long seed) {
    if (!grid.hasZero()) {
      assertThrows(
          IllegalArgumentException.class, () -> new SparseGrid(new RowSparsity(0.5), grid));
      return;
    }
    try (Arena arena = Arena.ofShared()) {
      Constraint both = new SparseGrid(new RowSparsity(0.5), grid);
      Projected all = project(both, Kind.GAUSSIAN, 2, columns, seed, arena);
      assertEquals(Optional.empty(), both.check(all.t, all.parameters));
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatLiesBesideTheGridIsFound(BlockGrid grid) {
    try (Arena arena = Arena.ofShared()) {
      Projected all = project(grid, Kind.GAUSSIAN, 2, 300, 3, arena);
      float value = all.t.get(1, 70);
      all.t.set(1, 70, value + 0.3f * all.parameters.scales().get(1, 70 / grid.groupColumns()));
      assertTrue(grid.check(all.t, all.parameters).orElse("").startsWith("row 1, column 70"));
      all.t.set(1, 70, value);
      int group = 70 / grid.groupColumns();
      all.parameters.scales().set(1, group, all.parameters.scales().get(1, group) * 1.0001f);
      assertTrue(grid.check(all.t, all.parameters).orElse("").startsWith("row 1, group " + group));
    }
  }
}
