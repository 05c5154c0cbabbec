// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tuning;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.compute.Compute;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.Storage;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.IntConsumer;

/**
 * Weights on an integer grid: T = (round(u) - zero point) * scale. The latent u begins at the
 * solver's code q, leaning to the side where the layer's own weight lies: u = q + l / (1 + |l| /
 * .499), l = w / scale + zero point - q; so latents do not cross all at once. Derivatives pass
 * through the rounding as if it were not there. Scales move by factors; zero points stay.
 *
 * <p>A latent moves by the size of its derivative: divided by the root mean square of its row, and
 * by that of its column where rows are made alike, at most {@value TuningOptions#CLIP}. An outlier
 * channel, whose derivatives and curvature are both large, does not decide for all.
 */
final class GridWeights implements TunedWeights {
  /** Adding it to a float32 and taking it off again rounds to the nearest whole number. */
  private static final float ROUNDER = 3 << 22;

  /** How far from a code a latent is still the code's. */
  private static final float INSIDE = 0.499f;

  private static final int ROWS = 16;

  private final IntegerGrid grid;
  private final boolean sparse;
  private final Matrix solved;
  private final GridParameters parameters;
  private final Compute compute;
  private final int groupSize;
  private final Matrix latent;
  private final Matrix factors;
  private final Matrix bestLatent;
  private final Matrix bestFactors;

  /**
   * Starts at a solution.
   *
   * @param sparse whether zeros stay zeros
   * @param solved T, [dOut, dIn]; must live as long as this
   * @param parameters of T; they too
   * @param weights what T approximates: they say to which side of its code a weight leans
   */
  GridWeights(
      IntegerGrid grid,
      boolean sparse,
      Matrix solved,
      GridParameters parameters,
      Matrix weights,
      Compute compute,
      Arena arena) {
    this.grid = grid;
    this.sparse = sparse;
    this.solved = solved;
    this.parameters = parameters;
    this.compute = compute;
    this.groupSize = grid.groupSize(solved.columns());
    this.latent = Matrix.allocate(arena, solved.rows(), solved.columns());
    this.bestLatent = Matrix.allocate(arena, solved.rows(), solved.columns());
    this.factors = Matrix.allocate(arena, solved.rows(), parameters.scales().columns());
    this.bestFactors = Matrix.allocate(arena, solved.rows(), parameters.scales().columns());
    forRows(r -> start(r, weights.row(r)));
    keep();
  }

  /** Off-heap memory beside the solution, in bytes. */
  static long bytes(int rows, int columns, int groups) {
    // Latents and scales, the best ones, and the scales of the result.
    return rows * (2L * columns + 3L * groups) * Float.BYTES;
  }

  private void forRows(IntConsumer task) {
    compute.workers().forEachIndex(solved.rows(), ROWS, task);
  }

  private void start(int r, MemorySegment weights) {
    float[] t = solved.row(r).toArray(JAVA_FLOAT);
    float[] w = weights.toArray(JAVA_FLOAT);
    for (int j = 0; j < t.length; j++) {
      float scale = parameters.scales().get(r, j / groupSize);
      float zero = parameters.zeroPoints().get(r, j / groupSize);
      float code = (float) Math.rint(t[j] / scale) + zero;
      float leaning = w[j] / scale + zero - code;
      t[j] = code + leaning / (1 + Math.abs(leaning) / INSIDE);
    }
    MemorySegment.copy(t, 0, latent.row(r), JAVA_FLOAT, 0, t.length);
  }

  private float scale(int r, int group) {
    float base = parameters.scales().get(r, group);
    return grid.storableScale(base * Math.exp(factors.get(r, group)));
  }

  /** Codes less the zero points. */
  private void codes(float[] u, int from, int to, float zero) {
    float most = grid.maxCode();
    for (int j = from; j < to; j++) {
      float code = u[j] + ROUNDER - ROUNDER;
      u[j] = Math.min(Math.max(code, 0), most) - zero;
    }
  }

  @Override
  public void put(Matrix out) {
    forRows(r -> put(r, out.row(r)));
  }

  private void put(int r, MemorySegment out) {
    float[] u = latent.row(r).toArray(JAVA_FLOAT);
    for (int group = 0; group < factors.columns(); group++) {
      int from = group * groupSize;
      int to = Math.min(u.length, from + groupSize);
      codes(u, from, to, parameters.zeroPoints().get(r, group));
      float scale = scale(r, group);
      for (int j = from; j < to; j++) {
        u[j] *= scale;
      }
    }
    if (sparse) {
      float[] t = solved.row(r).toArray(JAVA_FLOAT);
      for (int j = 0; j < u.length; j++) {
        u[j] = t[j] == 0 ? 0 : u[j];
      }
    }
    MemorySegment.copy(u, 0, out, JAVA_FLOAT, 0, u.length);
    try (Arena arena = Arena.ofConfined()) {
      Storage.round(
          grid.valueType(),
          compute.kernels().conversion(),
          out,
          arena.allocate(2L * u.length, Float.BYTES));
    }
  }

  @Override
  public void move(Matrix derivatives, float rate) {
    int rows = solved.rows();
    int columns = solved.columns();
    double[] ofRows = new double[rows];
    double[] ofColumns = new double[columns];
    forRows(
        r -> {
          MemorySegment by = derivatives.row(r);
          if (sparse) {
            mask(r, by);
          }
          ofRows[r] = compute.kernels().arithmetic().dot(by, by);
        });
    double all = 0;
    float[] row = new float[columns];
    for (int r = 0; r < rows; r++) {
      all += ofRows[r];
      if (ofRows[r] > 0) {
        MemorySegment.copy(derivatives.row(r), JAVA_FLOAT, 0, row, 0, columns);
        double of = 1 / ofRows[r];
        for (int j = 0; j < columns; j++) {
          ofColumns[j] += of * row[j] * row[j];
        }
      }
    }
    if (all == 0) {
      return;
    }
    // Each column's share of the rows' energies, by which a row's derivatives are of one size.
    float[] sizes = new float[columns];
    for (int j = 0; j < columns; j++) {
      sizes[j] = ofColumns[j] == 0 ? 0 : (float) (1 / Math.sqrt(ofColumns[j] / rows));
    }
    forRows(r -> move(r, derivatives.row(r), sizes, ofRows[r], rate));
  }

  private void mask(int r, MemorySegment by) {
    float[] t = solved.row(r).toArray(JAVA_FLOAT);
    float[] d = by.toArray(JAVA_FLOAT);
    for (int j = 0; j < d.length; j++) {
      d[j] = t[j] == 0 ? 0 : d[j];
    }
    MemorySegment.copy(d, 0, by, JAVA_FLOAT, 0, d.length);
  }

  private void move(int r, MemorySegment derivatives, float[] sizes, double energy, float rate) {
    if (energy == 0) {
      return;
    }
    float[] u = latent.row(r).toArray(JAVA_FLOAT);
    float[] by = derivatives.toArray(JAVA_FLOAT);
    float[] code = u.clone();
    for (int group = 0; group < factors.columns(); group++) {
      int from = group * groupSize;
      int to = Math.min(u.length, from + groupSize);
      codes(code, from, to, parameters.zeroPoints().get(r, group));
      double byScale = 0;
      for (int j = from; j < to; j++) {
        byScale += (double) by[j] * code[j];
      }
      float moved =
          factors.get(r, group) - (float) Math.signum(byScale) * rate * TuningOptions.SCALES;
      factors.set(r, group, moved);
    }
    float least = -INSIDE;
    float most = grid.maxCode() + INSIDE;
    float ofRow = (float) (1 / Math.sqrt(energy));
    for (int j = 0; j < u.length; j++) {
      float size = by[j] * sizes[j] * ofRow;
      float moved = u[j] - rate * Math.min(Math.max(size, -TuningOptions.CLIP), TuningOptions.CLIP);
      u[j] = Math.min(Math.max(moved, least), most);
    }
    MemorySegment.copy(u, 0, latent.row(r), JAVA_FLOAT, 0, u.length);
  }

  @Override
  public void keep() {
    bestLatent.copyFrom(latent);
    bestFactors.copyFrom(factors);
  }

  @Override
  public void restore() {
    latent.copyFrom(bestLatent);
    factors.copyFrom(bestFactors);
  }

  @Override
  public GridParameters grid(Arena arena) {
    Matrix scales = Matrix.allocate(arena, factors.rows(), factors.columns());
    for (int r = 0; r < scales.rows(); r++) {
      for (int group = 0; group < scales.columns(); group++) {
        scales.set(r, group, scale(r, group));
      }
    }
    return new GridParameters(scales, parameters.zeroPoints());
  }
}
