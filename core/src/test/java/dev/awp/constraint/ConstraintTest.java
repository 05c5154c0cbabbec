// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.compute.Compute;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.fixture.RandomMatrices;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Projections land in the set, stay there, and are the nearest point where that is promised. */
class ConstraintTest {
  @Provide
  Arbitrary<Sparsity> sparsities() {
    return Arbitraries.oneOf(
        Arbitraries.doubles().between(0.01, 0.99).map(RowSparsity::new),
        Arbitraries.of(new NmSparsity(2, 4), new NmSparsity(4, 8), new NmSparsity(1, 3)));
  }

  @Provide
  Arbitrary<IntegerGrid> grids() {
    return Combinators.combine(
            Arbitraries.of(2, 3, 4, 8),
            Arbitraries.of(0, 1, 5, 32, 64, 128),
            Arbitraries.of(true, false),
            Arbitraries.of(DType.F32, DType.F16, DType.BF16))
        .as(IntegerGrid::new);
  }

  @Provide
  Arbitrary<Constraint> constraints() {
    return Arbitraries.oneOf(
        sparsities().map(s -> s),
        grids().map(g -> g),
        Combinators.combine(sparsities(), grids()).as(SparseGrid::new));
  }

  @Property(tries = 400)
  void projectionLandsInTheSetAndStaysThere(
      @ForAll("constraints") Constraint constraint,
      @ForAll @IntRange(min = 1, max = 150) int columns,
      @ForAll RandomMatrices.Kind kind,
      @ForAll long seed) {
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(1)) {
      Matrix z = RandomMatrices.of(kind, 3, columns, seed, arena);
      Matrix t = Matrix.allocate(arena, 3, columns);
      GridParameters grid = GridParameters.allocate(constraint, 3, columns, arena);
      constraint.project(z, t, grid, compute);
      assertEquals(Optional.empty(), constraint.check(t, grid), constraint::toString);
      if (constraint.grid().isEmpty()) {
        Matrix again = Matrix.allocate(arena, 3, columns);
        constraint.project(t, again, grid, compute);
        assertEquals(-1, t.segment().mismatch(again.segment()));
      }
    }
  }

  /** Long rows are gone through in spans of groups. */
  @Test
  void aGroupOfALongRowIsProjectedAsARowOfItsOwn() {
    int columns = 2500;
    for (int size : new int[] {1, 96, 128, 1024, 1500}) {
      try (Arena arena = Arena.ofShared();
          Compute compute = Compute.create(1)) {
        IntegerGrid grid = new IntegerGrid(4, size, false, DType.F32);
        Matrix z = RandomMatrices.of(RandomMatrices.Kind.GAUSSIAN, 1, columns, size, arena);
        Matrix t = Matrix.allocate(arena, 1, columns);
        GridParameters fitted = GridParameters.allocate(grid, 1, columns, arena);
        grid.project(z, t, fitted, compute);
        for (int start = 0; start < columns; start += size) {
          int length = Math.min(size, columns - start);
          Matrix group = Matrix.allocate(arena, 1, length);
          group.row(0).copyFrom(z.row(0).asSlice(4L * start, 4L * length));
          GridParameters own = GridParameters.allocate(grid, 1, length, arena);
          grid.project(group, group, own, compute);
          assertEquals(own.scales().get(0, 0), fitted.scales().get(0, start / size));
          assertEquals(own.zeroPoints().get(0, 0), fitted.zeroPoints().get(0, start / size));
          assertEquals(-1, group.row(0).mismatch(t.row(0).asSlice(4L * start, 4L * length)));
        }
      }
    }
  }

  @Property(tries = 200)
  void scaledChannelsLandOnTheirGridAndOthersDoNot(
      @ForAll("grids") IntegerGrid grid,
      @ForAll @IntRange(min = 1, max = 70) int columns,
      @ForAll long seed) {
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(1)) {
      Matrix z = RandomMatrices.of(RandomMatrices.Kind.GAUSSIAN, 3, columns, seed, arena);
      z.set(1, 0, 0);
      Matrix factors = Matrix.allocate(arena, 1, columns);
      SplittableRandom random = new SplittableRandom(seed);
      for (int j = 0; j < columns; j++) {
        float factor = (float) Math.exp(random.nextDouble(-4.5, 4.5));
        factors.set(0, j, Storage.round(grid.storage().values(), factor));
      }
      Matrix t = Matrix.allocate(arena, 3, columns);
      GridParameters parameters =
          GridParameters.allocate(grid, 3, columns, arena).withChannelScales(factors);
      grid.project(z, t, parameters, compute);
      assertEquals(Optional.empty(), grid.check(t, parameters), grid::toString);
      assertEquals(0, t.get(1, 0));
      // The scaled columns are rounded as they would be on their own.
      Matrix scaled = Matrix.allocate(arena, 3, columns);
      Matrix rounded = Matrix.allocate(arena, 3, columns);
      GridParameters own = GridParameters.allocate(grid, 3, columns, arena);
      for (int row = 0; row < 3; row++) {
        compute.kernels().arithmetic().multiply(z.row(row), factors.row(0), scaled.row(row));
      }
      grid.project(scaled, rounded, own, compute);
      assertEquals(-1, own.scales().segment().mismatch(parameters.scales().segment()));
      for (int row = 0; row < 3; row++) {
        for (int j = 0; j < columns; j++) {
          double value = (double) t.get(row, j) * factors.get(0, j);
          // Rounded to the stored type: 8 bits of BF16 once here, once there.
          assertEquals(rounded.get(row, j), value, Math.abs(value) / 100 + 1e-5);
        }
      }
      factors.set(0, columns - 1, -factors.get(0, columns - 1));
      assertTrue(grid.check(t, parameters).isPresent());
      factors.set(0, columns - 1, 0);
      assertTrue(grid.check(t, parameters).isPresent());
      Matrix wrong = Matrix.allocate(arena, 1, columns + 1);
      assertTrue(grid.check(t, parameters.withChannelScales(wrong)).isPresent());
    }
  }

  @Property(tries = 200)
  void sparseProjectionIsTheNearestPoint(
      @ForAll("sparsities") Sparsity sparsity,
      @ForAll @IntRange(min = 1, max = 10) int columns,
      @ForAll long seed) {
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(1)) {
      Matrix z = RandomMatrices.of(RandomMatrices.Kind.TIES, 1, columns, seed, arena);
      Matrix t = Matrix.allocate(arena, 1, columns);
      GridParameters none = GridParameters.allocate(sparsity, 1, columns, arena);
      sparsity.project(z, t, none, compute);
      double best = Double.POSITIVE_INFINITY;
      Matrix candidate = Matrix.allocate(arena, 1, columns);
      for (int mask = 0; mask < 1 << columns; mask++) {
        for (int c = 0; c < columns; c++) {
          // A one for an entry that is kept, so that a kept zero counts.
          candidate.set(0, c, (mask >> c & 1) != 0 ? 1 : 0);
        }
        if (sparsity.check(candidate, none).isEmpty()) {
          double distance = 0;
          for (int c = 0; c < columns; c++) {
            distance += (mask >> c & 1) != 0 ? 0 : square(z.get(0, c));
          }
          best = Math.min(best, distance);
        }
      }
      double distance = 0;
      for (int c = 0; c < columns; c++) {
        distance += square((double) z.get(0, c) - t.get(0, c));
      }
      assertEquals(best, distance, 1e-6);
    }
  }

  private static double square(double x) {
    return x * x;
  }

  @Property(tries = 200)
  void gridProjectionIsTheNearestCode(
      @ForAll("grids") IntegerGrid grid,
      @ForAll @IntRange(min = 1, max = 40) int columns,
      @ForAll long seed) {
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(1)) {
      Matrix z = RandomMatrices.of(RandomMatrices.Kind.GAUSSIAN, 1, columns, seed, arena);
      Matrix t = Matrix.allocate(arena, 1, columns);
      GridParameters fitted = GridParameters.allocate(grid, 1, columns, arena);
      grid.project(z, t, fitted, compute);
      for (int c = 0; c < columns; c++) {
        float scale = fitted.scales().get(0, c / grid.groupSize(columns));
        float zeroPoint = fitted.zeroPoints().get(0, c / grid.groupSize(columns));
        float value = z.get(0, c);
        float nearest = Float.NaN;
        for (int code = 0; code <= grid.maxCode(); code++) {
          float point = (code - zeroPoint) * scale;
          if (!(Math.abs(point - value) >= Math.abs(nearest - value))) {
            nearest = point;
          }
        }
        // The middle between two points may go either way by a rounding of the division, and a
        // point
        // itself is rounded.
        double slack =
            1e-5 * scale
                + 1e-6 * scale * grid.maxCode()
                + (grid.storage().values() == DType.F32 ? 0 : Math.abs(value) / 128);
        assertEquals(Math.abs(nearest - value), Math.abs(t.get(0, c) - value), slack);
      }
    }
  }

  @Property(tries = 200)
  void everyMutationOffTheGridIsFound(
      @ForAll("grids") IntegerGrid grid,
      @ForAll @IntRange(min = 2, max = 70) int columns,
      @ForAll long seed) {
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(1)) {
      Matrix z = RandomMatrices.of(RandomMatrices.Kind.GAUSSIAN, 2, columns, seed, arena);
      Matrix t = Matrix.allocate(arena, 2, columns);
      GridParameters fitted = GridParameters.allocate(grid, 2, columns, arena);
      grid.project(z, t, fitted, compute);
      int c = (int) Math.floorMod(seed, (long) columns);
      float scale = fitted.scales().get(1, c / grid.groupSize(columns));
      t.set(1, c, t.get(1, c) + 0.37f * scale);
      String violation = grid.check(t, fitted).orElse("");
      assertTrue(violation.startsWith("row 1, column " + c + " holds"), violation);
    }
  }

  @Test
  void sparsityViolationsAreFound() {
    try (Arena arena = Arena.ofConfined()) {
      Matrix t = Matrix.copyOf(arena, new float[] {1, 0, 2, 0}, new float[] {0, 1, 1, 1});
      GridParameters none = GridParameters.allocate(new RowSparsity(0.5), 2, 4, arena);
      assertEquals(
          "row 1 has 3 non-zeros where 2 of 4 are allowed",
          new RowSparsity(0.5).check(t, none).orElseThrow());
      assertEquals(
          "row 1 has 3 non-zeros in the 4 columns from 0 where 2 are allowed",
          new NmSparsity(2, 4).check(t, none).orElseThrow());
      assertEquals(Optional.empty(), new RowSparsity(0.25).check(t, none));
    }
  }

  @Test
  void tiesAreBrokenByTheLowerColumn() {
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(1)) {
      Matrix z = Matrix.copyOf(arena, new float[] {1, -1, 1, -1, 1, -1});
      Matrix t = Matrix.allocate(arena, 1, 6);
      Sparsity half = new RowSparsity(0.5);
      half.project(z, t, GridParameters.allocate(half, 1, 6, arena), compute);
      assertEquals(List.of(1f, -1f, 1f, 0f, 0f, 0f), list(t));
      Sparsity pattern = new NmSparsity(2, 4);
      pattern.project(z, t, GridParameters.allocate(pattern, 1, 6, arena), compute);
      assertEquals(List.of(1f, -1f, 0f, 0f, 1f, -1f), list(t));
    }
  }

  private static List<Float> list(Matrix row) {
    List<Float> values = new ArrayList<>();
    for (int c = 0; c < row.columns(); c++) {
      values.add(row.get(0, c));
    }
    return values;
  }

  @Test
  void rampsGoFromNothingToAll() {
    assertEquals(100, ((RowSparsity) new RowSparsity(0.7).relaxed(0)).kept(100));
    assertEquals(new RowSparsity(0.7), new RowSparsity(0.7).relaxed(1));
    assertEquals(new NmSparsity(4, 4), new NmSparsity(2, 4).relaxed(0));
    assertEquals(new NmSparsity(3, 4), new NmSparsity(2, 4).relaxed(0.5));
    assertEquals(new NmSparsity(2, 4), new NmSparsity(2, 4).relaxed(1));
  }

  @Test
  void zeroGroupsHaveAUsableGrid() {
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(1)) {
      for (boolean symmetric : new boolean[] {true, false}) {
        for (DType storage : List.of(DType.F32, DType.F16, DType.BF16)) {
          IntegerGrid grid = new IntegerGrid(4, 4, symmetric, storage);
          Matrix z = Matrix.copyOf(arena, new float[] {0, 0, 0, 0, 9.8e-45f, 0, 0, 0});
          Matrix t = Matrix.allocate(arena, 1, 8);
          GridParameters fitted = GridParameters.allocate(grid, 1, 8, arena);
          grid.project(z, t, fitted, compute);
          assertEquals(Optional.empty(), grid.check(t, fitted));
          assertTrue(fitted.scales().get(0, 0) > 0);
          assertEquals(0f, t.get(0, 0));
        }
      }
    }
  }

  @Property(tries = 200)
  void nearestIsWhatProjectingRoundsTo(
      @ForAll("grids") IntegerGrid grid, @ForAll RandomMatrices.Kind kind, @ForAll long seed) {
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(1)) {
      int columns = 37;
      Matrix z = RandomMatrices.of(kind, 2, columns, seed, arena);
      Matrix t = Matrix.allocate(arena, 2, columns);
      GridParameters fitted = GridParameters.allocate(grid, 2, columns, arena);
      grid.project(z, t, fitted, compute);
      for (int r = 0; r < 2; r++) {
        for (int j = 0; j < columns; j++) {
          int g = j / grid.groupSize(columns);
          float scale = fitted.scales().get(r, g);
          float zeroPoint = fitted.zeroPoints().get(r, g);
          assertEquals(t.get(r, j), grid.nearest(z.get(r, j), scale, zeroPoint));
        }
      }
    }
  }

  @Test
  void badParametersAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new RowSparsity(1));
    assertThrows(IllegalArgumentException.class, () -> new RowSparsity(-0.1));
    assertThrows(IllegalArgumentException.class, () -> new RowSparsity(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> new NmSparsity(0, 4));
    assertThrows(IllegalArgumentException.class, () -> new NmSparsity(5, 4));
    assertThrows(IllegalArgumentException.class, () -> new NmSparsity(2, 33));
    assertThrows(IllegalArgumentException.class, () -> new IntegerGrid(5, 0, true, DType.F32));
    assertThrows(IllegalArgumentException.class, () -> new IntegerGrid(4, -1, true, DType.F32));
    assertThrows(IllegalArgumentException.class, () -> new IntegerGrid(4, 0, true, DType.I8));
  }
}
