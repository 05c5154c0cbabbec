// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.NmSparsity;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.SparseGrid;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.gguf.block.BlockType;
import dev.awp.solver.Effort;
import dev.awp.solver.IterationListener;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.LayerShape;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** A layer that is solved in ranges of its rows is the layer that is solved whole. */
class RowRangesTest {
  private static final int COLUMNS = 64;

  private static final List<Constraint> CONSTRAINTS =
      List.of(
          new RowSparsity(0.5),
          new NmSparsity(2, 4),
          new IntegerGrid(4, 32, false, DType.F32),
          new SparseGrid(new RowSparsity(0.5), new IntegerGrid(3, 0, true, DType.F32)),
          BlockType.Q4_0.grid().orElseThrow(),
          BlockType.NVFP4.grid().orElseThrow(),
          BlockType.IQ4_NL.grid().orElseThrow());

  @Test
  void rangesHaveTheBytesOfTheWholeLayer() {
    Set<String> divided = new TreeSet<>();
    divided.addAll(divide(130, 1));
    divided.addAll(divide(515, 3));
    assertEquals(
        Set.of("admm", "cd", "gptq", "gptq-act-order", "magnitude", "rtn", "sparsegpt", "wanda"),
        divided);
  }

  /** The solvers that divide a layer of so many rows. */
  private static Set<String> divide(int rows, int threads) {
    Set<String> divided = new TreeSet<>();
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(threads)) {
      Matrix w = RandomMatrices.of(Kind.OUTLIERS, rows, COLUMNS, rows, arena);
      Matrix c = RandomMatrices.secondMoment(COLUMNS, 3, arena);
      for (Constraint constraint : CONSTRAINTS) {
        LayerProblem whole = new LayerProblem(w, c, constraint);
        for (Solver solver : Solvers.all(Effort.NORMAL)) {
          if (solver.supports(constraint) && assertDivides(solver, whole, compute)) {
            divided.add(solver.name());
          }
        }
      }
    }
    return divided;
  }

  /** Whether there is more than one range. */
  private static boolean assertDivides(Solver solver, LayerProblem whole, Compute compute) {
    int rows = whole.layerRows();
    LayerShape shape = new LayerShape(rows, COLUMNS, whole.constraint(), compute.workers());
    int unit = Math.min(rows, solver.rangeRows(shape));
    if (unit == rows) {
      return false;
    }
    try (Arena arena = Arena.ofShared()) {
      Solution expected = solve(solver, whole, compute, arena);
      int middle = Math.ceilDiv(rows, 2 * unit) * unit;
      for (int[] range : new int[][] {{0, unit}, {0, middle}, {middle, rows}}) {
        if (range[0] < range[1] && range[1] <= rows) {
          Solution found = solve(solver, whole.range(range[0], range[1]), compute, arena);
          assertSame(
              expected,
              found,
              range[0],
              "%s, %s, rows %s to %s of %s"
                  .formatted(
                      solver.name(), whole.constraint().describe(), range[0], range[1], rows));
        }
      }
    }
    return true;
  }

  private static Solution solve(Solver solver, LayerProblem problem, Compute compute, Arena arena) {
    return solver.solve(problem, compute, arena, IterationListener.NONE);
  }

  private static void assertSame(Solution whole, Solution range, int from, String what) {
    Matrix t = range.weights();
    assertRows(whole.weights(), t, from, what);
    GridParameters one = whole.grid();
    GridParameters other = range.grid();
    assertRows(one.scales(), other.scales(), from, what + ": scales");
    assertRows(one.zeroPoints(), other.zeroPoints(), from, what + ": zero points");
  }

  private static void assertRows(Matrix whole, Matrix range, int from, String what) {
    assertEquals(whole.columns(), range.columns(), what);
    for (int row = 0; row < range.rows(); row++) {
      assertEquals(
          -1, whole.row(from + row).mismatch(range.row(row)), what + ", row " + (from + row));
    }
  }

  @Test
  void aRangeOfMoreRowsThanTheLayerHasIsNone() {
    try (Arena arena = Arena.ofShared()) {
      Matrix w = RandomMatrices.of(Kind.GAUSSIAN, 8, COLUMNS, 1, arena);
      Matrix c = RandomMatrices.secondMoment(COLUMNS, 3, arena);
      LayerProblem whole = new LayerProblem(w, c, new RowSparsity(0.5));
      assertEquals(8, whole.range(2, 5).layerRows());
      assertTrue(whole.range(2, 5).weights().rows() == 3);
      assertThrows(
          IllegalArgumentException.class,
          () -> new LayerProblem(w, c, new RowSparsity(0.5), whole.factors(), whole.tokens(), 7));
    }
  }
}
