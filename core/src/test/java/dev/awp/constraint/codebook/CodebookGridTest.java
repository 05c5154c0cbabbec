// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.codebook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.compute.Compute;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.SparseGrid;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The grids of codebooks: what is projected are vectors at scales that a block can store. */
class CodebookGridTest {
  private record Projected(Matrix z, Matrix t, GridParameters parameters) {}

  private static Projected project(CodebookGrid grid, Matrix z, Arena arena) {
    try (Compute compute = Compute.create(1)) {
      Matrix t = Matrix.allocate(arena, z.rows(), z.columns());
      GridParameters parameters = GridParameters.allocate(grid, z.rows(), z.columns(), arena);
      grid.project(z, t, parameters, compute);
      return new Projected(z, t, parameters);
    }
  }

  @Property(tries = 100)
  void everyProjectionCanBeStored(
      @ForAll CodebookGrid grid,
      @ForAll Kind kind,
      @ForAll @IntRange(min = 1, max = 600) int columns,
      @ForAll long seed) {
    try (Arena arena = Arena.ofShared()) {
      Projected all = project(grid, RandomMatrices.of(kind, 2, columns, seed, arena), arena);
      assertEquals(Optional.empty(), grid.check(all.t, all.parameters), grid + " " + kind);
      for (int j = 0; j < columns; j++) {
        assertTrue(Float.isFinite(all.t.get(0, j)) && Float.isFinite(all.t.get(1, j)));
      }
    }
  }

  /** Of a Gaussian the types of more bits keep more. */
  @Test
  void errorsFallWithTheBits() {
    CodebookGrid[] byBits = {
      CodebookGrid.IQ1_S,
      CodebookGrid.IQ1_M,
      CodebookGrid.IQ2_XXS,
      CodebookGrid.IQ2_XS,
      CodebookGrid.IQ2_S,
      CodebookGrid.IQ3_XXS,
      CodebookGrid.IQ3_S
    };
    double before = 0.25;
    try (Arena arena = Arena.ofShared()) {
      Matrix z = RandomMatrices.of(Kind.GAUSSIAN, 4, 512, 7, arena);
      for (CodebookGrid grid : byBits) {
        Projected all = project(grid, z, arena);
        double error = 0;
        for (int r = 0; r < 4; r++) {
          for (int j = 0; j < 512; j++) {
            error += Math.pow(z.get(r, j) - all.t.get(r, j), 2) / z.size();
          }
        }
        assertTrue(error < before, grid + ": " + error + " against " + before);
        before = error;
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void zerosStayZerosAndAnOutlierLeavesNoNan(CodebookGrid grid) {
    try (Arena arena = Arena.ofShared()) {
      Matrix z = Matrix.allocate(arena, 2, 512);
      z.set(1, 300, 1e30f);
      Projected all = project(grid, z, arena);
      assertEquals(Optional.empty(), grid.check(all.t, all.parameters));
      for (int j = 0; j < 512; j++) {
        assertEquals(0f, Math.abs(all.t.get(0, j)));
        assertEquals(j >= 256, all.t.get(1, j) != 0);
        assertTrue(Float.isFinite(all.t.get(1, j)));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatLiesBesideTheGridIsFound(CodebookGrid grid) {
    try (Arena arena = Arena.ofShared()) {
      Projected all = project(grid, RandomMatrices.of(Kind.GAUSSIAN, 2, 300, 3, arena), arena);
      float value = all.t.get(1, 70);
      int group = 70 / grid.groupColumns();
      all.t.set(1, 70, value + 0.3f * all.parameters.scales().get(1, group));
      int first = 70 / grid.runLength() * grid.runLength();
      String found = grid.check(all.t, all.parameters).orElse("");
      assertTrue(found.startsWith("row 1, columns " + first + " to "), found);
      all.t.set(1, 70, -value);
      boolean free = grid.signs() == CodebookGrid.Signs.FREE;
      // A vector with one sign turned is there only where all signs are free, or by chance.
      assertTrue(free || grid.signs().shifts() || grid.check(all.t, all.parameters).isPresent());
      assertTrue(!free || grid.check(all.t, all.parameters).isEmpty());
      all.t.set(1, 70, value);
      all.parameters.scales().set(1, group, all.parameters.scales().get(1, group) * 2);
      assertTrue(grid.check(all.t, all.parameters).orElse("").startsWith("row 1, group " + group));
    }
  }

  @ParameterizedTest
  @EnumSource
  void noneHoldsTheZerosOfASparsity(CodebookGrid grid) {
    assertThrows(IllegalArgumentException.class, () -> new SparseGrid(new RowSparsity(0.5), grid));
  }
}
