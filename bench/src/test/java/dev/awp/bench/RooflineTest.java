// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.blas.Blas.Op;
import dev.awp.blas.Precision;
import dev.awp.blas.RowSource;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.CompressionOptions.Calibration;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compute.Compute;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.solver.registry.SolverOptions;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RooflineTest {
  private static final int BLOCKS = 2;
  private static final long HIDDEN = 32;
  private static final long INTERMEDIATE = 48;
  private static final int WINDOWS = 6;
  private static final int LENGTH = 64;

  @Test
  void productsAreCountedByTheirShapes() {
    Meter meter = new Meter(Thread.currentThread());
    try (Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared()) {
      Compute metered = MeteredBlas.meter(compute, meter);
      Matrix a = Matrix.allocate(arena, 3, 5);
      Matrix b = Matrix.allocate(arena, 5, 7);
      Matrix c = Matrix.allocate(arena, 3, 7);
      metered.blas().gemm(Op.NONE, Op.NONE, 1, a, b, 0, c);
      assertCounted(2 * 3 * 5 * 7, 4 * (15 + 35 + 21), meter);
      metered.blas().gemm(Op.TRANSPOSE, Op.NONE, 1, a, c, 1, b);
      assertCounted(2 * 2 * 3 * 5 * 7, 4 * (15 + 35 + 21) + 4 * (15 + 21 + 2 * 35), meter);
    }
  }

  @Test
  void aTriangleIsHalfAProductAndAPreparedOneAWholeOne() {
    Meter meter = new Meter(Thread.currentThread());
    try (Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared()) {
      Compute metered = MeteredBlas.meter(compute, meter);
      Matrix a = Matrix.allocate(arena, 6, 4);
      Matrix square = Matrix.allocate(arena, 4, 4);
      metered.blas().syrk(1, a, 0, square);
      assertCounted(2 * 6 * 10, 4 * (24 + 10), meter);
      Matrix out = Matrix.allocate(arena, 6, 4);
      metered
          .blas()
          .prepare(Op.TRANSPOSE, RowSource.of(square), metered.workers(), arena)
          .multiplyAdd(a, out);
      assertCounted(2 * 6 * 10 + 2 * 6 * 16, 4 * (24 + 10) + 4 * (24 + 16 + 2 * 24), meter);
    }
  }

  private static void assertCounted(long flops, long bytes, Meter meter) {
    Meter.Products counted = meter.products(Precision.F32);
    assertEquals(flops, counted.flops());
    assertEquals(bytes, counted.bytes());
  }

  /** Two threads: what a worker multiplies belongs to the phase of the run. */
  @Test
  void phasesHaveTheProductsOfTheirShapes(@TempDir Path folder) throws Exception {
    Path model = folder.resolve("model");
    new GeneratedCheckpoint(BLOCKS, (int) HIDDEN, (int) INTERMEDIATE, 2, 2, DType.BF16)
        .write(model);
    Path text = Files.writeString(folder.resolve("t.txt"), "Words and more words. ".repeat(200));
    CompressionOptions options =
        CompressionOptions.builder(model, folder.resolve("out"))
            .constraint(
                new ConstraintOptions(
                    Optional.empty(), Optional.of(new ConstraintOptions.Grid(4, 16, true))))
            .calibration(new Calibration(List.of(text), WINDOWS, OptionalInt.of(LENGTH), 0))
            .solver(SolverOptions.of("rtn"))
            .build();
    try (Compute compute = Compute.create(2)) {
      Roofline roofline = Roofline.run(options, compute);
      Meter meter = roofline.meter();
      long tokens = WINDOWS * LENGTH;
      long triangles = 3 * HIDDEN * (HIDDEN + 1) / 2 + INTERMEDIATE * (INTERMEDIATE + 1) / 2;
      assertEquals(2 * BLOCKS * tokens * triangles, flops(meter, Phase.SECOND_MOMENTS));
      long squares = 3 * HIDDEN * HIDDEN + INTERMEDIATE * INTERMEDIATE;
      long residuals = HIDDEN * HIDDEN + HIDDEN * INTERMEDIATE;
      assertEquals(2 * BLOCKS * tokens * (squares + residuals), flops(meter, Phase.DRIFT));
      long block = 4 * HIDDEN * HIDDEN + 3 * HIDDEN * INTERMEDIATE;
      // Nobody sees what the last layer of all delivers. Attention comes on top.
      long weights = 2 * tokens * (BLOCKS * block - HIDDEN * INTERMEDIATE);
      assertEquals(flops(meter, Phase.ORIGINAL), flops(meter, Phase.COMPRESSED));
      assertTrue(flops(meter, Phase.ORIGINAL) > weights, "more than the weights");
      assertTrue(flops(meter, Phase.ORIGINAL) < 2 * weights, "not twice the weights");
      assertTrue(flops(meter, Phase.TARGETS) > 0, "targets");
      assertTrue(flops(meter, Phase.SOLVE) > 0, "solve");

      String table = roofline.table(Peaks.measure(compute, 256, 1 << 16));
      for (Phase phase : Phase.values()) {
        assertTrue(table.contains("| " + phase.label() + " |"), table);
      }
      String last = table.lines().toList().getLast();
      assertTrue(last.matches("\\d?\\d %: .*"), last);
    }
  }

  private static long flops(Meter meter, Phase phase) {
    return meter.products(phase, Precision.F32).flops();
  }
}
