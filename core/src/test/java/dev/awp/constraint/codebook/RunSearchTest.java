// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.codebook;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.kernel.Kernels;
import dev.awp.kernel.scalar.ScalarKernels;
import dev.awp.kernel.vector.VectorKernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The vectors of a run that are found, against all that there are. */
class RunSearchTest {
  private static final int LANES = 12;

  private final Random random = new Random(5);

  /** A form whose columns are coupled by so much. */
  private float[] form(int n, double coupling) {
    double[][] x = new double[2 * n][n];
    for (double[] row : x) {
      double all = coupling * random.nextGaussian();
      for (int j = 0; j < n; j++) {
        row[j] = random.nextGaussian() + all;
      }
    }
    float[] form = new float[n * n];
    for (int j = 0; j < n; j++) {
      for (int k = 0; k < n; k++) {
        double sum = 0;
        for (double[] row : x) {
          sum += row[j] * row[k];
        }
        form[j * n + k] = (float) sum;
      }
    }
    return form;
  }

  private static double cost(float[] form, float[] x, float[] t) {
    double sum = 0;
    for (int j = 0; j < x.length; j++) {
      for (int k = 0; k < x.length; k++) {
        sum += (double) form[j * x.length + k] * (x[j] - t[j]) * (x[k] - t[k]);
      }
    }
    return sum;
  }

  /** The least cost of any vectors, signs and shifts of a run. */
  private static double least(CodebookGrid grid, float[] form, float[] x, float shift) {
    float[] t = new float[x.length];
    double[] best = {Double.POSITIVE_INFINITY};
    choose(grid, form, x, t, 0, shift, best);
    return best[0];
  }

  private static void choose(
      CodebookGrid grid, float[] form, float[] x, float[] t, int at, float shift, double[] best) {
    if (at == x.length) {
      best[0] = Math.min(best[0], cost(form, x, t));
      return;
    }
    Codebook codebook = grid.codebook();
    int columns = codebook.columns();
    for (int code = 0; code < codebook.size(); code++) {
      if (grid.signs().shifts()) {
        float other = grid.signs() == CodebookGrid.Signs.SHIFT_OF_VECTOR ? -shift : shift;
        for (float own : new float[] {shift, other}) {
          for (int j = 0; j < columns; j++) {
            t[at + j] = codebook.level(code, j) + own;
          }
          choose(grid, form, x, t, at + columns, shift, best);
        }
        continue;
      }
      for (int signs = 0; signs < 1 << columns; signs++) {
        boolean odd = Integer.bitCount(signs) % 2 == 1;
        if (grid.signs() == CodebookGrid.Signs.EVEN && odd) {
          continue;
        }
        for (int j = 0; j < columns; j++) {
          float level = codebook.level(code, j);
          t[at + j] = (signs >> j & 1) == 1 ? -level : level;
        }
        choose(grid, form, x, t, at + columns, shift, best);
      }
    }
  }

  private double found(CodebookGrid grid, Kernels kernels, float[] form, float[][] x, float shift) {
    int n = grid.runLength();
    try (Arena arena = Arena.ofConfined()) {
      Matrix values = Matrix.allocate(arena, n, LANES);
      MemorySegment scale = arena.allocate(JAVA_FLOAT, LANES);
      MemorySegment zeroPoint = arena.allocate(JAVA_FLOAT, LANES);
      for (int lane = 0; lane < LANES; lane++) {
        // A power of two is exact.
        scale.setAtIndex(JAVA_FLOAT, lane, 1 << (lane % 3));
        zeroPoint.setAtIndex(JAVA_FLOAT, lane, -shift);
        for (int j = 0; j < n; j++) {
          values.set(j, lane, x[lane][j] * (1 << (lane % 3)));
        }
      }
      RunSearch.of(grid, kernels, LANES, arena).nearest(form, values, scale, zeroPoint, values);
      double sum = 0;
      for (int lane = 0; lane < LANES; lane++) {
        float[] t = new float[n];
        for (int j = 0; j < n; j++) {
          t[j] = values.get(j, lane);
        }
        sum += cost(form, x[lane], t);
      }
      return sum;
    }
  }

  /** The search against all vectors; IQ3_XXS has too many pairs of them for that. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "IQ3_XXS")
  void whatIsFoundIsNearlyTheBestThereIs(CodebookGrid grid) {
    for (double coupling : new double[] {0, 0.5}) {
      float[] form = form(grid.runLength(), coupling);
      float[][] x = new float[LANES][grid.runLength()];
      double best = 0;
      for (float[] row : x) {
        for (int j = 0; j < row.length; j++) {
          row[j] = (float) random.nextGaussian() * grid.codebook().most() / 2.5f;
        }
        best += least(grid, form, row, CodebookGrid.SHIFT);
      }
      double found = found(grid, VectorKernels.create(), form, x, CodebookGrid.SHIFT);
      double same = found(grid, ScalarKernels.create(), form, x, CodebookGrid.SHIFT);
      assertEquals(same, found);
      double most = grid.signs().shifts() ? 1 + 1e-5 : 1.15;
      assertTrue(found <= most * best, grid + ": " + found + " against " + best);
    }
  }

  @ParameterizedTest
  @EnumSource
  void pointsOfTheGridAreFoundThemselves(CodebookGrid grid) {
    int n = grid.runLength();
    float[] form = form(n, 0.3);
    float[][] x = new float[LANES][n];
    int columns = grid.codebook().columns();
    for (float[] row : x) {
      for (int at = 0; at < n; at += columns) {
        int code = random.nextInt(grid.codebook().size());
        for (int j = 0; j < columns; j++) {
          float level = grid.codebook().level(code, j);
          row[at + j] = grid.signs().shifts() ? level - CodebookGrid.SHIFT : -level;
        }
      }
    }
    assertEquals(0, found(grid, VectorKernels.create(), form, x, -CodebookGrid.SHIFT));
  }
}
