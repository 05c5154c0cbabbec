// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.baseline;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.blas.Blas.Op;
import dev.awp.compute.Compute;
import dev.awp.compute.RowParts;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.RowProjection;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * AWQ's search of clip ranges (Lin et al. 2024; auto_clip in the authors' code): the scaled weights
 * of a group are clipped to m, .95 m ... .55 m, where m is the largest magnitude among them, and
 * rounded to nearest. The range is taken that changes what the group alone contributes to the
 * output least: the smallest e C_gg e^T, with e the error of the group's weights and C_gg the
 * group's block of C.
 */
final class AwqClip {
  private static final int CANDIDATES = 10;
  private static final double SHRINK = 0.05;

  private final IntegerGrid grid;
  private final Matrix w;
  private final Matrix c;
  private final Compute compute;
  private final int columns;
  private final int size;
  private final int groups;

  AwqClip(IntegerGrid grid, Matrix w, Matrix c, Compute compute) {
    this.grid = grid;
    this.w = w;
    this.c = c;
    this.compute = compute;
    this.columns = w.columns();
    this.size = grid.groupSize(columns);
    this.groups = grid.groups(columns);
  }

  /** Rounds all weights to nearest in their best ranges, with the channel scales given. */
  void project(Matrix t, GridParameters parameters) {
    RowParts.forEach(
        compute,
        w.rows(),
        w.rows(),
        (from, to, arena) -> {
          new Part(t, parameters, from, to, arena).run();
        });
  }

  /** Every candidate's products with the blocks of C, in units of a product with C. */
  double cost() {
    return CANDIDATES * Math.min(1, size / (double) Math.max(1, columns));
  }

  private int end(int group) {
    return Math.min(columns, (group + 1) * size);
  }

  /** The rows of one task. */
  private final class Part {
    private final Matrix t;
    private final GridParameters parameters;
    private final int from;
    private final int rows;
    private final float[] channels;
    private final RowProjection projection;
    private final MemorySegment clipped;
    private final Matrix error;
    private final Matrix product;

    /** The largest magnitude of each group, and the share of it that is the best range so far. */
    private final float[][] largest;

    private final float[][] best;
    private final double[][] least;

    private Part(Matrix t, GridParameters parameters, int from, int to, Arena arena) {
      this.t = t;
      this.parameters = parameters;
      this.from = from;
      this.rows = to - from;
      this.channels = parameters.channelScales().orElseThrow().row(0).toArray(JAVA_FLOAT);
      this.projection = grid.rowProjection(compute.kernels(), columns, arena);
      this.clipped = arena.allocate(JAVA_FLOAT, columns);
      this.error = Matrix.allocate(arena, rows, columns);
      this.product = Matrix.allocate(arena, rows, Math.min(size, columns));
      this.largest = new float[rows][groups];
      this.best = new float[rows][groups];
      this.least = new double[rows][groups];
    }

    private void run() {
      for (int i = 0; i < rows; i++) {
        measure(i);
        Arrays.fill(best[i], 1);
        Arrays.fill(least[i], Double.POSITIVE_INFINITY);
      }
      float[] ratios = new float[groups];
      for (int candidate = 0; candidate < CANDIDATES; candidate++) {
        float ratio = (float) (1 - SHRINK * candidate);
        Arrays.fill(ratios, ratio);
        for (int i = 0; i < rows; i++) {
          project(i, ratios);
          MemorySegment exact = w.row(from + i);
          compute.kernels().arithmetic().subtract(exact, t.row(from + i), error.row(i));
        }
        for (int g = 0; g < groups; g++) {
          keepBetter(g, ratio);
        }
      }
      for (int i = 0; i < rows; i++) {
        project(i, best[i]);
      }
    }

    private void measure(int i) {
      float[] row = w.row(from + i).toArray(JAVA_FLOAT);
      for (int j = 0; j < columns; j++) {
        float magnitude = Math.abs(row[j] * channels[j]);
        largest[i][j / size] = Math.max(largest[i][j / size], magnitude);
      }
    }

    /** Clips and rounds a row, each group to a share of its largest magnitude. */
    private void project(int i, float[] ratios) {
      float[] row = w.row(from + i).toArray(JAVA_FLOAT);
      for (int j = 0; j < columns; j++) {
        float limit = ratios[j / size] * largest[i][j / size] / channels[j];
        row[j] = Math.clamp(row[j], -limit, limit);
      }
      MemorySegment.copy(row, 0, clipped, JAVA_FLOAT, 0, columns);
      projection.project(clipped, t.row(from + i), parameters, from + i);
    }

    private void keepBetter(int g, float ratio) {
      int start = g * size;
      Matrix e = error.columnRange(start, end(g));
      Matrix block = c.rowRange(start, end(g)).columnRange(start, end(g));
      Matrix out = product.columnRange(0, e.columns());
      compute.blas().gemm(Op.NONE, Op.NONE, 1, e, block, 0, out);
      for (int i = 0; i < rows; i++) {
        double contribution = compute.kernels().arithmetic().dot(e.row(i), out.row(i));
        if (contribution < least[i][g]) {
          least[i][g] = contribution;
          best[i][g] = ratio;
        }
      }
    }
  }
}
