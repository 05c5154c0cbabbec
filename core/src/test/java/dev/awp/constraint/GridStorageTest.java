// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.compute.Compute;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.fixture.RandomMatrices;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

/** Grids that several formats store. */
class GridStorageTest {
  private static final GridStorage BOTH =
      new GridStorage(Set.of(DType.F16, DType.BF16), DType.F32, 0);

  @Property
  void aScaleIsExactInEveryType(@ForAll @DoubleRange(min = 0, max = 1e9) double wanted) {
    IntegerGrid grid = new IntegerGrid(4, 32, false, BOTH);
    float scale = grid.storableScale(wanted);
    assertEquals(scale, Storage.round(DType.F16, scale));
    assertEquals(scale, Storage.round(DType.BF16, scale));
    assertTrue(scale >= 0x1p-14f && scale * 15 <= 65504);
    double possible = Math.clamp(wanted, 0x1p-14, 65504 / 30.0);
    assertEquals(possible, scale, possible / 256);
  }

  @Example
  void storagesAreJoined() {
    GridStorage dense = GridStorage.dense(DType.BF16);
    assertEquals(dense, dense.and(dense));
    GridStorage first = new GridStorage(Set.of(DType.F16), DType.F32, 1);
    assertEquals(new GridStorage(Set.of(DType.F16, DType.BF16), DType.F32, 1), dense.and(first));
    assertEquals(BOTH.and(first), first.and(BOTH));
  }

  /** Without the zero point 0, a group of positive values still reaches to its largest. */
  @Property(tries = 200)
  void gridsWithoutTheZeroPointZeroReachTheLargestValue(
      @ForAll @IntRange(min = 0, max = 3) int bits,
      @ForAll @IntRange(min = 1, max = 70) int columns,
      @ForAll boolean positive,
      @ForAll long seed) {
    GridStorage storage = new GridStorage(Set.of(DType.F16), DType.F32, 1);
    IntegerGrid grid = new IntegerGrid(new int[] {2, 3, 4, 8}[bits], 32, false, storage);
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(1)) {
      Matrix z = RandomMatrices.of(RandomMatrices.Kind.GAUSSIAN, 3, columns, seed, arena);
      for (int j = 0; positive && j < columns; j++) {
        z.set(1, j, Math.abs(z.get(1, j)));
      }
      Matrix t = Matrix.allocate(arena, 3, columns);
      GridParameters parameters = GridParameters.allocate(grid, 3, columns, arena);
      grid.project(z, t, parameters, compute);
      assertEquals(Optional.empty(), grid.check(t, parameters));
      for (int r = 0; r < 3; r++) {
        for (int j = 0; j < columns; j++) {
          assertTrue(parameters.zeroPoints().get(r, j / 32) >= 1);
          float scale = parameters.scales().get(r, j / 32);
          assertEquals(z.get(r, j), t.get(r, j), scale * 1.02f);
        }
      }
    }
  }
}
