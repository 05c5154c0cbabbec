// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.mask;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.calibration.saved.SavedMoments;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.constraint.NmSparsity;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.Sparsity;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.solver.Effort;
import dev.awp.solver.IterationListener;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.registry.Solvers;
import dev.awp.stored.TensorReader;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * How far the pruning solvers are from what no mask can beat: {@code scripts/pruning-limits}. For a
 * seeded sample of the rows of every layer, f of both efforts beside a proven lower bound ({@link
 * MaskBound}).
 */
final class PruningLimits {
  private final Compute compute;
  private final int sample;
  private final double share;
  private final long limit;

  private PruningLimits(Compute compute, int sample, double share, long limit) {
    this.compute = compute;
    this.sample = sample;
    this.share = share;
    this.limit = limit;
  }

  /**
   * Prints a line.
   *
   * @param arguments the model's folder, the folder of an {@code awp compare}, a sparsity (0.5 or
   *     2:4), the most columns of a layer, rows a layer, the share of the best known f at which the
   *     search may end, and the most nodes a row
   */
  public static void main(String[] arguments) {
    Sparsity sparsity =
        arguments[2].equals("2:4")
            ? new NmSparsity(2, 4)
            : new RowSparsity(Double.parseDouble(arguments[2]));
    int columns = Integer.parseInt(arguments[3]);
    int sample = Integer.parseInt(arguments[4]);
    double share = Double.parseDouble(arguments[5]);
    long limit = Long.parseLong(arguments[6]);
    Path statistics = Path.of(arguments[1], "statistics");
    try (Compute compute = Compute.create(Runtime.getRuntime().availableProcessors());
        Checkpoint checkpoint = Checkpoints.open(Path.of(arguments[0]));
        Arena arena = Arena.ofShared()) {
      SavedMoments moments = SavedMoments.open(statistics, compute, arena);
      TensorReader reader = new TensorReader(compute.kernels());
      PruningLimits limits = new PruningLimits(compute, sample, share, limit);
      Sums all = new Sums();
      for (LinearLayer layer : ModelLayout.of(checkpoint.config()).linears()) {
        if (layer.columns() <= columns) {
          Matrix w = reader.matrix(checkpoint.tensor(layer.weight()), arena);
          Matrix c = moments.block(layer.block()).finish(layer.site(), layer.name(), arena);
          limits.add(new LayerProblem(w, c, sparsity), all);
        }
      }
      System.out.println(sparsity.describe() + ": " + all);
    }
  }

  /** Sums of relative errors of the sampled rows. */
  private static final class Sums {
    private double normal;
    private double high;
    private double bound;
    private int rows;
    private int finished;
    private long nodes;

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%d rows; of normal effort's error, high effort %.4f, no mask below %.4f; "
              + "%d rows searched to the end, %d nodes a row",
          rows,
          high / normal,
          bound / normal,
          finished,
          nodes / Math.max(1, rows));
    }
  }

  private void add(LayerProblem problem, Sums all) {
    int n = problem.weights().columns();
    Sparsity sparsity = problem.constraint().sparsity().orElseThrow();
    int range = sparsity.exchangeRange(n);
    int kept = sparsity instanceof RowSparsity some ? some.kept(n) : 2;
    double[][] c = doubles(problem.secondMoment());
    double[] delta = delta(c);
    SplittableRandom random = new SplittableRandom(42);
    try (Arena arena = Arena.ofShared()) {
      Matrix normal = solve(problem, Effort.NORMAL, arena);
      Matrix high = solve(problem, Effort.HIGH, arena);
      double[] sums = new double[4];
      for (int i = 0; i < sample; i++) {
        int row = random.nextInt(problem.weights().rows());
        double[] w = doubles(problem.weights(), row);
        double ofNormal = objective(c, w, doubles(normal, row));
        double ofHigh = objective(c, w, doubles(high, row));
        MaskBound search = new MaskBound(c, delta, w, range, kept);
        double bound = search.search(Math.min(ofNormal, ofHigh), share, limit);
        sums[0] += objective(c, w, new double[n]);
        sums[1] += ofNormal;
        sums[2] += ofHigh;
        sums[3] += bound;
        all.nodes += search.nodes();
        all.finished += search.nodes() < limit ? 1 : 0;
        all.rows++;
      }
      all.normal += sums[1] / sums[0];
      all.high += sums[2] / sums[0];
      all.bound += sums[3] / sums[0];
    }
  }

  private Matrix solve(LayerProblem problem, Effort effort, Arena arena) {
    return Solvers.best(problem.constraint(), effort)
        .solve(problem, compute, arena, IterationListener.NONE)
        .weights();
  }

  private static double[] doubles(Matrix x, int row) {
    double[] values = new double[x.columns()];
    for (int j = 0; j < values.length; j++) {
      values[j] = x.row(row).getAtIndex(JAVA_FLOAT, j);
    }
    return values;
  }

  /** C in float64, exactly symmetric. */
  private static double[][] doubles(Matrix c) {
    double[][] values = new double[c.rows()][c.rows()];
    for (int i = 0; i < c.rows(); i++) {
      for (int j = 0; j < c.rows(); j++) {
        values[i][j] = 0.5 * ((double) c.get(i, j) + c.get(j, i));
      }
    }
    return values;
  }

  private static double objective(double[][] c, double[] w, double[] t) {
    double sum = 0;
    for (int i = 0; i < w.length; i++) {
      for (int j = 0; j < w.length; j++) {
        sum += (w[i] - t[i]) * c[i][j] * (w[j] - t[j]);
      }
    }
    return sum;
  }

  /**
   * The largest multiple, to a thousandth, of 1 / [C^-1]_jj that leaves C - Delta positive
   * definite: the Cholesky factor is the proof.
   */
  static double[] delta(double[][] c) {
    int n = c.length;
    double[] inverse = inverseDiagonal(c);
    for (int step = 999; step > 0; step--) {
      double[][] rest = new double[n][];
      double[] delta = new double[n];
      for (int j = 0; j < n; j++) {
        rest[j] = c[j].clone();
        delta[j] = 1e-3 * step / inverse[j];
        rest[j][j] -= delta[j];
      }
      if (factor(rest)) {
        return delta;
      }
    }
    throw new IllegalArgumentException("C is singular");
  }

  private static double[] inverseDiagonal(double[][] c) {
    int n = c.length;
    double[][] l = new double[n][];
    for (int j = 0; j < n; j++) {
      l[j] = c[j].clone();
    }
    if (!factor(l)) {
      throw new IllegalArgumentException("C is singular");
    }
    double[] diagonal = new double[n];
    for (int k = 0; k < n; k++) {
      double[] x = new double[n];
      for (int i = k; i < n; i++) {
        double sum = i == k ? 1 : 0;
        for (int j = k; j < i; j++) {
          sum -= l[i][j] * x[j];
        }
        x[i] = sum / l[i][i];
        diagonal[k] += x[i] * x[i];
      }
    }
    return diagonal;
  }

  /** Cholesky's factor into the lower triangle; false where there is none. */
  private static boolean factor(double[][] a) {
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = a[i][j];
        for (int k = 0; k < j; k++) {
          sum -= a[i][k] * a[j][k];
        }
        if (i == j && !(sum > 0)) {
          return false;
        }
        a[i][j] = i == j ? Math.sqrt(sum) : sum / a[j][j];
      }
    }
    return true;
  }
}
