// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.compute.Compute;
import dev.awp.constraint.Grid;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.block.BlockGrid;
import dev.awp.constraint.block.MatrixScale;
import dev.awp.constraint.codebook.CodebookGrid;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.file.GgufPlace;
import dev.awp.gguf.file.GgufTensor;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Matrices on a grid to bytes and back, bit for bit: every type, tail, padding and row order. */
class BlockRoundTripTest {
  private static GgufTensorPlan plan(
      BlockType type, int rows, int columns, int moreRows, RowOrder order) {
    int padded = Math.ceilDiv(columns, type.blockColumns()) * type.blockColumns();
    return new GgufTensorPlan(
        "w",
        GgufPlace.whole("w"),
        type,
        false,
        rows,
        columns,
        rows + moreRows,
        padded,
        TensorForm.of(order));
  }

  private static Matrix readBack(
      GgufTensorPlan plan, MemorySegment bytes, Compute compute, Arena arena) {
    GgufTensor tensor =
        new GgufTensor("w", plan.wanted().shape(), plan.type().id(), 0, bytes.byteSize());
    GgufStoredTensor stored = new GgufStoredTensor(plan, tensor.view(Path.of("w"), bytes));
    Matrix back = Matrix.allocate(arena, plan.rows(), plan.columns());
    stored.decodeRows(0, back, compute.kernels());
    return back;
  }

  @Property(tries = 300)
  void everyBlockReadsBackAsTheValuesThatWereWritten(
      @ForAll BlockGrid grid,
      @ForAll Kind kind,
      @ForAll @IntRange(min = 1, max = 600) int columns,
      @ForAll @IntRange(min = 0, max = 3) int moreRows,
      @ForAll boolean permuted,
      @ForAll long seed) {
    checkReadsBack(grid, kind, columns, moreRows, permuted, seed);
  }

  @Property(tries = 70)
  void everyBlockOfVectorsReadsBackAsTheValuesThatWereWritten(
      @ForAll CodebookGrid grid,
      @ForAll Kind kind,
      @ForAll @IntRange(min = 1, max = 300) int columns,
      @ForAll @IntRange(min = 0, max = 3) int moreRows,
      @ForAll boolean permuted,
      @ForAll long seed) {
    checkReadsBack(grid, kind, columns, moreRows, permuted, seed);
  }

  private static void checkReadsBack(
      Grid grid, Kind kind, int columns, int moreRows, boolean permuted, long seed) {
    BlockType type = BlockType.of(grid).orElseThrow();
    GgufTensorPlan plan =
        plan(
            type, 12, columns, moreRows, permuted ? new RowOrder.Interleaved(6) : RowOrder.NATURAL);
    try (Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared()) {
      Matrix z = RandomMatrices.of(kind, 12, columns, seed, arena);
      Matrix t = Matrix.allocate(arena, 12, columns);
      GridParameters parameters = GridParameters.allocate(grid, 12, columns, arena);
      grid.of(z).project(z, t, parameters, compute);
      MemorySegment bytes = new TensorBytes(compute.kernels()).blocks(plan, t, parameters, arena);
      assertEquals(plan.wanted().byteSize(), bytes.byteSize());
      Matrix back = readBack(plan, bytes, compute, arena);
      if (type.hasMatrixScale()) {
        float scale = MatrixScale.ofScales(parameters.scales());
        for (int r = 0; r < 12; r++) {
          compute.kernels().arithmetic().scale(back.row(r), scale, back.row(r));
        }
      }
      assertEquals(-1, t.segment().mismatch(back.segment()), grid + " " + kind);
    }
  }

  @Property(tries = 60)
  void singleNumbersReadBackAsTheValuesThatWereWritten(
      @ForAll @IntRange(min = 0, max = 2) int which,
      @ForAll @IntRange(min = 1, max = 70) int columns,
      @ForAll boolean permuted,
      @ForAll long seed) {
    BlockType type = List.of(BlockType.F32, BlockType.F16, BlockType.BF16).get(which);
    GgufTensorPlan plan =
        plan(type, 12, columns, 2, permuted ? new RowOrder.Interleaved(4) : RowOrder.NATURAL);
    try (Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared()) {
      Matrix x = RandomMatrices.of(Kind.TIES, 12, columns, seed, arena);
      MemorySegment bytes = new TensorBytes(compute.kernels()).nearest(plan, x, arena);
      Matrix back = readBack(plan, bytes, compute, arena);
      assertEquals(-1, x.segment().mismatch(back.segment()), type.name());
    }
  }

  @Test
  void headsAreInterleavedAsLlamaCppRotatesThem() {
    RowOrder order = new RowOrder.Interleaved(6);
    int[] expected = {0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11};
    for (int stored = 0; stored < expected.length; stored++) {
      assertEquals(expected[stored], order.source(stored));
      assertEquals(stored, order.stored(expected[stored]));
    }
  }

  @Test
  void valuesBesideTheGridAreNotRoundedInSilence() {
    try (Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared()) {
      Matrix t = Matrix.allocate(arena, 1, 32);
      GridParameters parameters = GridParameters.allocate(BlockGrid.Q8_0, 1, 32, arena);
      BlockGrid.Q8_0.project(
          RandomMatrices.of(Kind.GAUSSIAN, 1, 32, 1, arena), t, parameters, compute);
      t.set(0, 7, Math.nextUp(t.get(0, 7)));
      GgufTensorPlan plan = plan(BlockType.Q8_0, 1, 32, 0, RowOrder.NATURAL);
      TensorBytes encoder = new TensorBytes(compute.kernels());
      IllegalStateException refused =
          assertThrows(
              IllegalStateException.class, () -> encoder.blocks(plan, t, parameters, arena));
      assertTrue(refused.getMessage().startsWith("row 0, column 7"), refused.getMessage());
    }
  }
}
