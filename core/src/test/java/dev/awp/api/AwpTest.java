// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.compress.CompressionListener;
import dev.awp.constraint.NmSparsity;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.report.LayerReport;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import dev.awp.solver.IterationListener;
import dev.awp.solver.Solution;
import dev.awp.solver.registry.SolverOptions;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What programs call. */
class AwpTest {
  @TempDir private Path folder;

  private static float[][] random(int rows, int columns, long seed) {
    Random random = new Random(seed);
    float[][] values = new float[rows][columns];
    for (float[] row : values) {
      for (int c = 0; c < columns; c++) {
        row[c] = (float) random.nextGaussian();
      }
    }
    return values;
  }

  @Test
  void matricesAreCompressed() {
    float[][] w = random(8, 32, 1);
    try (Awp awp = Awp.create(2)) {
      float[][] c = awp.secondMoment(random(100, 32, 2));
      CompressedMatrix sparse = awp.compress(w, c, new NmSparsity(2, 4));
      for (float[] row : sparse.weights()) {
        for (int from = 0; from < 32; from += 4) {
          int nonZeros = 0;
          for (int i = from; i < from + 4; i++) {
            nonZeros += row[i] == 0 ? 0 : 1;
          }
          assertEquals(2, nonZeros);
        }
      }
      assertEquals(error(w, sparse.weights(), c), sparse.relativeError(), 1e-5);
      assertTrue(sparse.grid().isEmpty());
      CompressedMatrix codes = awp.compress(w, c, new IntegerGrid(4, 16, false, DType.F32));
      CompressedMatrix.Grid grid = codes.grid().orElseThrow();
      for (int r = 0; r < 8; r++) {
        for (int i = 0; i < 32; i++) {
          float steps = codes.weights()[r][i] / grid.scales()[r][i / 16];
          float code = steps + grid.zeroPoints()[r][i / 16];
          assertEquals(Math.rint(code), code, 1e-3);
          assertTrue(code > -0.5 && code < 15.5, "code " + code);
        }
      }
    }
  }

  /** f(T) / f(0) as it is defined. */
  private static double error(float[][] w, float[][] t, float[][] c) {
    double lost = 0;
    double all = 0;
    for (int r = 0; r < w.length; r++) {
      for (int i = 0; i < c.length; i++) {
        for (int j = 0; j < c.length; j++) {
          lost += ((double) w[r][i] - t[r][i]) * c[i][j] * ((double) w[r][j] - t[r][j]);
          all += (double) w[r][i] * c[i][j] * w[r][j];
        }
      }
    }
    return lost / all;
  }

  @Test
  void memoryOffTheHeapGivesTheSame() {
    float[][] w = random(4, 16, 3);
    try (Awp awp = Awp.create(1);
        Arena arena = Arena.ofShared()) {
      float[][] c = awp.secondMoment(random(50, 16, 4));
      MemorySegment segment = arena.allocate(4 * 16 * Float.BYTES, 64);
      for (int i = 0; i < 64; i++) {
        segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, w[i / 16][i % 16]);
      }
      List<Double> errors = new ArrayList<>();
      IterationListener listener = (record, dense) -> errors.add(record.objective() / dense);
      SolverOptions pgd = SolverOptions.of("pgd");
      Solution solution =
          awp.compress(
              Matrix.wrap(segment, 4, 16),
              Matrix.copyOf(arena, c),
              new RowSparsity(0.5),
              pgd,
              arena,
              listener);
      CompressedMatrix heap = awp.compress(w, c, new RowSparsity(0.5), pgd);
      assertArrayEquals(heap.weights(), solution.weights().toArray());
      assertEquals(heap.iterations() + 1, errors.size());
    }
  }

  @Test
  void whatCannotBeCompressedIsRefused() {
    float[][] w = random(2, 4, 5);
    float[][] c = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}};
    RowSparsity half = new RowSparsity(0.5);
    try (Awp awp = Awp.create(1)) {
      assertThrows(IllegalArgumentException.class, () -> awp.compress(new float[2][3], c, half));
      assertThrows(IllegalArgumentException.class, () -> awp.compress(new float[0][0], c, half));
      assertThrows(IllegalArgumentException.class, () -> awp.secondMoment(new float[0][0]));
      c[0][1] = 1;
      assertRefused("it must be symmetric", () -> awp.compress(w, c, half));
      c[0][1] = Float.NaN;
      assertRefused("second moment: the value at [0, 1] is NaN", () -> awp.compress(w, c, half));
      w[1][3] = Float.POSITIVE_INFINITY;
      assertRefused("weights: the value at [1, 3] is Inf", () -> awp.compress(w, c, half));
      c[0][1] = 0;
      c[2][2] = -1;
      w[1][3] = 0;
      assertRefused("the diagonal at 2 is -1.0", () -> awp.compress(w, c, half));
      assertThrows(
          IllegalStateException.class, () -> awp.checkpoint(folder, folder.resolve("o")).run());
    }
  }

  private static void assertRefused(String rule, Runnable action) {
    String message = assertThrows(AwpException.class, action::run).getMessage();
    assertTrue(message.contains(rule), message);
  }

  @Test
  void checkpointsAreCompressed() throws IOException {
    Path model = folder.resolve("model");
    new GeneratedCheckpoint(2, 16, 24, 2, 1, DType.F32).write(model);
    Path text = Files.writeString(folder.resolve("text.txt"), "Some words. ".repeat(60));
    List<String> heard = new ArrayList<>();
    CompressionListener listener =
        new CompressionListener() {
          @Override
          public void layerFinished(int block, LayerReport layer, long work) {
            heard.add(layer.name());
          }
        };
    try (Awp awp = Awp.create(2)) {
      RunReport report =
          awp.checkpoint(model, folder.resolve("out"))
              .sparsity(new RowSparsity(0.5))
              .grid(4, 8, true)
              .calibration(text)
              .windows(4, 32, 1)
              .evaluate(text)
              .listener(listener)
              .run();
      assertEquals(14, report.layers().size());
      assertEquals(heard, report.layers().stream().map(LayerReport::name).toList());
      assertEquals(report.summary(), ReportFile.read(folder.resolve("out")).summary());
      assertEquals(1, report.perplexity().size());
    }
  }
}
