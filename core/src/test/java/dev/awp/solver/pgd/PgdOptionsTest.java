// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.pgd;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.solver.pgd.PgdOptions.Start;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings at the edges of their ranges, and beyond. */
class PgdOptionsTest {
  @ParameterizedTest
  @CsvSource({"1e-9, 1, 0, 0, 0", "2, 10, 0, 9, 9", "1e30, 10, 1, 9, 0"})
  void edgesAreTaken(double step, int iterations, double tolerance, int pruneOnly, int ramp) {
    assertDoesNotThrow(
        () -> new PgdOptions(Start.DENSE, step, iterations, tolerance, pruneOnly, ramp));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 10, 0, 0, 0, the step",
    "-1, 10, 0, 0, 0, the step",
    "NaN, 10, 0, 0, 0, the step",
    "Infinity, 10, 0, 0, 0, the step",
    "2, 0, 0, 0, 0, at least 1 iteration",
    "2, 10, -1e-9, 0, 0, the tolerance",
    "2, 10, NaN, 0, 0, the tolerance",
    "2, 10, 0, -1, 0, of 10 iterations 0 to 9",
    "2, 10, 0, 10, 0, of 10 iterations 0 to 9",
    "2, 10, 0, 0, -1, a ramp takes 0 to 9",
    "2, 10, 0, 0, 10, a ramp takes 0 to 9"
  })
  void whatLiesBeyondIsRefused(
      double step, int iterations, double tolerance, int pruneOnly, int ramp, String said) {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> new PgdOptions(Start.DENSE, step, iterations, tolerance, pruneOnly, ramp));
    assertTrue(refused.getMessage().startsWith(said), refused.getMessage());
  }
}
