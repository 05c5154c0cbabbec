// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The large benchmarks run on small sizes, and count what they did. */
class WalkBenchmarksTest {
  @Test
  void iterationsOnOneThreadAndOnAllGiveTheSameObjective() {
    assertEquals(objective(Cores.ONE), objective(Cores.ALL));
  }

  private static double objective(Cores cores) {
    SolverIteration benchmark = new SolverIteration();
    benchmark.n = 128;
    benchmark.cores = cores;
    benchmark.setUp();
    try {
      var times = new SolverIteration.Times();
      double objective = benchmark.pgd(times);
      assertTrue(objective > 0, "pruning by half costs something");
      assertTrue(times.iteration > 0 && times.bareProduct > 0, "both were timed");
      return objective;
    } finally {
      benchmark.tearDown();
    }
  }

  @Test
  void compressionCountsItsWork() throws IOException {
    Compression benchmark = new Compression();
    benchmark.n = 128;
    benchmark.setUp();
    try {
      var work = new Compression.Work();
      double error = benchmark.compress(work);
      assertTrue(error > 0 && error < 1, "relative error " + error);
      assertEquals(14, work.layers);
      assertEquals(8192, work.tokens);
      assertTrue(work.seconds > work.solveSeconds, "calibration takes time");
      assertTrue(work.gigaflops > 0, "pgd makes products");
    } finally {
      benchmark.tearDown();
    }
  }
}
