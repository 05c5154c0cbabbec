// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.awp.compute.Compute;
import dev.awp.fixture.RandomMatrices;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Half of the products give the whole quadratic form. */
class ObjectiveTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 31, 511, 512, 513, 1100})
  void rowsAreThoseOfTheDefinition(int columns) {
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(2)) {
      Matrix c = RandomMatrices.gaussianSecondMoment(columns, 40, 3, arena);
      Matrix r = RandomMatrices.of(RandomMatrices.Kind.GAUSSIAN, 7, columns, 4, arena);
      Matrix scratch = RandomMatrices.of(RandomMatrices.Kind.LARGE, 7, columns, 5, arena);
      double[] found = Objective.ofRows(r, c, compute, scratch);
      double total = 0;
      for (int row = 0; row < 7; row++) {
        double expected = 0;
        for (int i = 0; i < columns; i++) {
          for (int j = 0; j < columns; j++) {
            expected += (double) r.get(row, i) * c.get(i, j) * r.get(row, j);
          }
        }
        assertEquals(expected, found[row], 1e-4 * expected);
        total += expected;
      }
      assertEquals(total, Objective.dense(r, c, compute), 1e-4 * total);
      Matrix zero = Matrix.allocate(arena, 7, columns);
      assertEquals(total, Objective.of(r, zero, c, compute), 1e-4 * total);
    }
  }
}
