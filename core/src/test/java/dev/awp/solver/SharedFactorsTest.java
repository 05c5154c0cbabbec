// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.NmSparsity;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.SparseGrid;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.fixture.RandomMatrices;
import dev.awp.solver.registry.Solvers;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SharedFactorsTest {
  @Test
  void keepsWhatFitsAndMakesTheRestAnew() {
    List<String> made = new ArrayList<>();
    try (Arena own = Arena.ofConfined();
        SharedFactors factors = SharedFactors.of(100)) {
      for (int time = 0; time < 2; time++) {
        for (String name : List.of("small", "large", "medium")) {
          long bytes = name.equals("small") ? 40 : name.equals("large") ? 61 : 60;
          MemorySegment factor =
              factors.get(
                  name,
                  MemorySegment.class,
                  bytes,
                  memory -> {
                    made.add(name);
                    return memory.allocate(bytes);
                  },
                  own);
          assertEquals(bytes, factor.byteSize());
          assertEquals(name.equals("large"), isConfined(factor), name);
        }
      }
    }
    assertEquals(List.of("small", "large", "medium", "large"), made);
  }

  private static boolean isConfined(MemorySegment segment) {
    return !segment.isAccessibleBy(Thread.ofVirtual().unstarted(() -> {}));
  }

  @Test
  void layersThatShareTheirInputsAreSolvedToTheSameBytes() {
    List<Constraint> constraints =
        List.of(
            new RowSparsity(0.6),
            new IntegerGrid(3, 32, false, DType.BF16),
            new SparseGrid(new NmSparsity(2, 4), new IntegerGrid(4, 32, false, DType.F16)));
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(2)) {
      Matrix c = RandomMatrices.secondMoment(96, 7, arena);
      for (Constraint constraint : constraints) {
        Solver solver = Solvers.best(constraint, Effort.NORMAL);
        try (SharedFactors all = SharedFactors.of(Long.MAX_VALUE);
            SharedFactors two = SharedFactors.of(2 * 96 * 96 * Float.BYTES)) {
          for (int layer = 0; layer < 3; layer++) {
            Matrix w =
                RandomMatrices.of(RandomMatrices.Kind.GAUSSIAN, 40 + 8 * layer, 96, layer, arena);
            byte[] alone = solve(solver, w, c, constraint, SharedFactors.none(), compute, arena);
            assertArrayEquals(alone, solve(solver, w, c, constraint, all, compute, arena));
            assertArrayEquals(alone, solve(solver, w, c, constraint, two, compute, arena));
          }
        }
      }
    }
  }

  private static byte[] solve(
      Solver solver,
      Matrix w,
      Matrix c,
      Constraint constraint,
      SharedFactors factors,
      Compute compute,
      Arena arena) {
    LayerProblem problem = new LayerProblem(w, c, constraint, factors);
    Solution solution = solver.solve(problem, compute, arena, IterationListener.NONE);
    return solution.weights().segment().toArray(ValueLayout.JAVA_BYTE);
  }
}
