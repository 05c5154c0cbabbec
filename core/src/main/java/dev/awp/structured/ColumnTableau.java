// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.structured;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.AwpException;
import dev.awp.compute.Compute;
import dev.awp.linalg.DampedFactor;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The least-squares problem of all rows of a layer on a set K of columns that stay, with the
 * answers for every set nearby: the matrix C + damping after principal pivots on K (the sweep
 * operator; Goodnight 1979), in float64 and symmetric. With P = (C_KK)^-1, S the columns that are
 * removed and R the weights T in K and the gradients (W - T) C in S, one column of rows each, it
 * holds
 *
 * <pre>
 *   for i, k in K:      -P_ik
 *   i in K, s in S:     (P C_Ks)_i, which the columns of T_K owe to w_s
 *   r, s in S:          C_rs - C_rK P C_Ks
 *   beside it:          G = R^T R
 * </pre>
 *
 * <p>so that removing a set U of K raises the objective by tr(G_UU (P_UU)^-1), and taking a set U
 * of S back lowers it by tr(G_UU (C_UU - C_UK P C_KU)^-1), all other columns solved for anew each
 * time. A pivot costs 5 dIn^2 multiply-adds, and undoes itself when made again.
 */
public final class ColumnTableau {
  /** Pivots that rows take at once: they then pass through memory once. */
  private static final int TOGETHER = 8;

  /** Rows of the tableau that are one task. */
  private static final int TASK = 64;

  private final RemovalProblem problem;
  private final Compute compute;
  private final int n;
  private final double[][] a;
  private final double[][] g;
  private final boolean[] kept;
  private double objective;

  /** All columns stay; the objective is 0. */
  public ColumnTableau(RemovalProblem problem, Compute compute) {
    this.problem = problem;
    this.compute = compute;
    this.n = problem.units().columns();
    this.a = new double[n][n];
    this.g = new double[n][n];
    this.kept = new boolean[n];
    readMoments();
    pivot(IntStream.range(0, n).toArray(), false);
    sumSquares();
    objective = 0;
  }

  /** Java heap of a tableau, in bytes. */
  public static long bytes(int columns) {
    return 2L * columns * columns * Double.BYTES;
  }

  private void readMoments() {
    Matrix c = problem.c();
    double mean = DampedFactor.meanDiagonal(c);
    double added = problem.damping() * (mean > 0 ? mean : 1);
    parts(
        (from, to) -> {
          for (int i = from; i < to; i++) {
            MemorySegment row = c.row(i);
            for (int j = 0; j < n; j++) {
              a[i][j] = row.getAtIndex(JAVA_FLOAT, j);
            }
            a[i][i] += added;
          }
        });
  }

  /** G = W^T W. */
  private void sumSquares() {
    Matrix w = problem.w();
    double[][] rows = new double[w.rows()][n];
    for (int r = 0; r < rows.length; r++) {
      MemorySegment row = w.row(r);
      for (int j = 0; j < n; j++) {
        rows[r][j] = row.getAtIndex(JAVA_FLOAT, j);
      }
    }
    parts(
        (from, to) -> {
          double[] factors = new double[rows.length];
          for (int i = from; i < to; i++) {
            for (int r = 0; r < rows.length; r++) {
              factors[r] = -rows[r][i];
            }
            subtract(g[i], rows, factors, rows.length);
          }
        });
  }

  private interface RowTask {
    void run(int from, int to);
  }

  private void parts(RowTask task) {
    compute.workers().forEachBlock(n, TASK, task::run);
  }

  /** row -= sum_p factors_p vectors_p. */
  private static void subtract(double[] row, double[][] vectors, double[] factors, int count) {
    int p = 0;
    for (; p + 4 <= count; p += 4) {
      subtract(row, vectors[p], vectors[p + 1], vectors[p + 2], vectors[p + 3], factors, p);
    }
    for (; p < count; p++) {
      double[] vector = vectors[p];
      double factor = factors[p];
      for (int j = 0; j < row.length; j++) {
        row[j] -= factor * vector[j];
      }
    }
  }

  /** Four at once: the row is read and written a quarter as often. */
  private static void subtract(
      double[] row, double[] s, double[] t, double[] u, double[] v, double[] factors, int p) {
    double fs = factors[p];
    double ft = factors[p + 1];
    double fu = factors[p + 2];
    double fv = factors[p + 3];
    for (int j = 0; j < row.length; j++) {
      row[j] -= fs * s[j] + ft * t[j] + fu * u[j] + fv * v[j];
    }
  }

  /** How far f is above 0 with the best weights for the columns that stay. */
  public double objective() {
    return objective;
  }

  /** Whether a column stays. */
  public boolean isKept(int column) {
    return kept[column];
  }

  /** An entry, as the class says. */
  public double entry(int i, int j) {
    return a[i][j];
  }

  /** An entry of G. */
  public double square(int i, int j) {
    return g[i][j];
  }

  /** Moves columns from those that stay to those that are removed, or back. */
  public void flip(int... columns) {
    pivot(columns, true);
  }

  private void pivot(int[] columns, boolean withSquares) {
    for (int from = 0; from < columns.length; from += TOGETHER) {
      int to = Math.min(columns.length, from + TOGETHER);
      new Pivots(Arrays.copyOfRange(columns, from, to), withSquares).make();
    }
  }

  /**
   * Some pivots at once. Their own rows go through them one after the other; of what these were
   * like each time, the steps of all other rows are made.
   */
  private final class Pivots {
    private final int[] columns;
    private final boolean withSquares;

    /** Of each pivot k, at its time: A_k. / A_kk, the row A_k., and, of squares, what G loses. */
    private final double[][] scaled;

    private final double[][] rows;
    private final double[][] halves;

    private Pivots(int[] columns, boolean withSquares) {
      this.columns = columns;
      this.withSquares = withSquares;
      this.scaled = new double[columns.length][n];
      this.rows = new double[columns.length][];
      this.halves = new double[columns.length][n];
    }

    private void make() {
      boolean[] own = new boolean[n];
      for (int k : columns) {
        own[k] = true;
      }
      for (int p = 0; p < columns.length; p++) {
        pivotOwn(p);
      }
      parts(
          (from, to) -> {
            double[] factors = new double[columns.length];
            double[] more = new double[columns.length];
            for (int i = from; i < to; i++) {
              if (!own[i]) {
                eliminate(i, factors, more);
              }
            }
          });
    }

    /** One pivot on the rows of all. */
    private void pivotOwn(int p) {
      int k = columns[p];
      double pivot = a[k][k];
      if (!(Math.abs(pivot) > 0) || Double.isInfinite(pivot)) {
        throw new AwpException(
            "column %s depends on others: the damping %s is too small"
                .formatted(k, problem.damping()));
      }
      boolean leaves = kept[k];
      double square = g[k][k];
      double sign = leaves ? -1 : 1;
      rows[p] = a[k].clone();
      for (int j = 0; j < n; j++) {
        scaled[p][j] = rows[p][j] / pivot;
      }
      if (withSquares) {
        // Leaving: |t_k|^2 / P_kk, where the pivot is -P_kk; coming: |g_k|^2 / C_kk.K.
        objective -= square / pivot;
        for (int j = 0; j < n; j++) {
          halves[p][j] = g[k][j] - 0.5 * scaled[p][j] * square;
        }
      }
      for (int q = 0; q < columns.length; q++) {
        int i = columns[q];
        if (i != k) {
          double factor = a[i][k];
          double ofRow = factor / pivot;
          double half = halves[p][i];
          for (int j = 0; j < n; j++) {
            a[i][j] -= factor * scaled[p][j];
          }
          a[i][k] = sign * ofRow;
          if (withSquares) {
            double ownSquare = g[i][k];
            for (int j = 0; j < n; j++) {
              g[i][j] -= ofRow * halves[p][j] + half * scaled[p][j];
            }
            g[i][k] = sign * (ownSquare - ofRow * square) / pivot;
          }
        }
      }
      for (int j = 0; j < n; j++) {
        a[k][j] = sign * scaled[p][j];
      }
      a[k][k] = -1 / pivot;
      if (withSquares) {
        double[] before = g[k].clone();
        for (int j = 0; j < n; j++) {
          g[k][j] = sign * (before[j] - scaled[p][j] * square) / pivot;
        }
        g[k][k] = square / (pivot * pivot);
      }
      kept[k] = !leaves;
    }

    private void eliminate(int i, double[] factors, double[] more) {
      for (int p = 0; p < columns.length; p++) {
        factors[p] = rows[p][i];
      }
      subtract(a[i], scaled, factors, columns.length);
      if (withSquares) {
        for (int p = 0; p < columns.length; p++) {
          factors[p] = scaled[p][i];
          more[p] = halves[p][i];
        }
        subtract(g[i], halves, factors, columns.length);
        subtract(g[i], scaled, more, columns.length);
      }
      for (int k : columns) {
        a[i][k] = a[k][i];
        if (withSquares) {
          g[i][k] = g[k][i];
        }
      }
    }
  }

  /**
   * The best weights for the columns that stay, [dOut, columns that stay]: those of W, and what
   * they owe to the removed ones.
   */
  public Matrix weights(SegmentAllocator allocator) {
    int[] stay = IntStream.range(0, n).filter(j -> kept[j]).toArray();
    int[] gone = IntStream.range(0, n).filter(j -> !kept[j]).toArray();
    double[][] owed = new double[gone.length][stay.length];
    for (int s = 0; s < gone.length; s++) {
      for (int j = 0; j < stay.length; j++) {
        owed[s][j] = a[gone[s]][stay[j]];
      }
    }
    Matrix w = problem.w();
    Matrix weights = Matrix.allocate(allocator, w.rows(), stay.length);
    compute
        .workers()
        .forEachBlock(
            w.rows(),
            TASK,
            (from, to) -> {
              double[] row = new double[stay.length];
              double[] factors = new double[gone.length];
              for (int r = from; r < to; r++) {
                for (int j = 0; j < stay.length; j++) {
                  row[j] = w.get(r, stay[j]);
                }
                for (int s = 0; s < gone.length; s++) {
                  factors[s] = -(double) w.get(r, gone[s]);
                }
                subtract(row, owed, factors, gone.length);
                for (int j = 0; j < stay.length; j++) {
                  weights.set(r, j, (float) row[j]);
                }
              }
            });
    return weights;
  }
}
