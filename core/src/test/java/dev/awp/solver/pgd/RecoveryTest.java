// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.pgd;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.compute.Compute;
import dev.awp.constraint.RowSparsity;
import dev.awp.solver.IterationListener;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.Solution;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/**
 * Blumensath and Davies (2009), theorem 5: where the design has a restricted isometry constant
 * beta_3k below 1/8, iterative hard thresholding recovers a k-sparse vector from noisy measurements
 * to within 5 times the norm of the noise, after at most ceil(log2(norm(theta) / norm(noise)))
 * iterations.
 *
 * <p>A layer states the same problem: with C = X^T X and W = theta + X^-1 e, the gradient (W - T) C
 * is X^T (y - X T). The design is an orthonormal basis plus a small part of another one, scaled to
 * norm at most 1 as the theorem wants it, so that beta is bounded by construction for every k.
 */
class RecoveryTest {
  private static final int N = 64;
  private static final int SPARSE = 6;

  @Property(tries = 30)
  void thresholdingRecoversSparseRows(
      @ForAll @IntRange(min = 1, max = 1_000_000) int seed,
      @ForAll @IntRange(min = 1, max = 12) int noiseExponent) {
    SplittableRandom random = new SplittableRandom(seed);
    double[][] x = design(random);
    double[] theta = sparse(random);
    double[] noise = new double[N];
    for (int i = 0; i < N; i++) {
      noise[i] = random.nextGaussian() * Math.scalb(1.0, -noiseExponent) / Math.sqrt(N);
    }
    double iterations = Math.ceil(Math.log(norm(theta) / norm(noise)) / Math.log(2));
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(1)) {
      Matrix c = gram(x, arena);
      Matrix w = row(add(theta, solve(x, noise)), arena);
      PgdOptions options = unitStep(c, (int) Math.max(1, iterations));
      Solution solution =
          new ProjectedGradient(any -> options)
              .solve(
                  new LayerProblem(w, c, new RowSparsity(1 - (double) SPARSE / N)),
                  compute,
                  arena,
                  IterationListener.NONE);
      double error = 0;
      for (int i = 0; i < N; i++) {
        double difference = solution.weights().get(0, i) - theta[i];
        error += difference * difference;
      }
      assertTrue(
          Math.sqrt(error) <= 5 * norm(noise) + 1e-5,
          "error " + Math.sqrt(error) + ", noise " + norm(noise) + ", iterations " + iterations);
    }
  }

  /** eta = 1, whatever the norm of C is. */
  private static PgdOptions unitStep(Matrix c, int iterations) {
    double sum = 0;
    for (int i = 0; i < N; i++) {
      for (int j = 0; j < N; j++) {
        sum += (double) c.get(i, j) * c.get(i, j);
      }
    }
    return PgdOptions.of(PgdOptions.Start.WANDA, Math.sqrt(sum), iterations);
  }

  /**
   * (Q1 + 0.03 Q2) / 1.03: the square of norm(X x) / norm(x) lies between (0.97 / 1.03)^2 and 1, so
   * beta is at most 0.1131, below 1/8.
   */
  private static double[][] design(SplittableRandom random) {
    double[][] first = orthonormal(random);
    double[][] second = orthonormal(random);
    double[][] x = new double[N][N];
    for (int i = 0; i < N; i++) {
      for (int j = 0; j < N; j++) {
        x[i][j] = (first[i][j] + 0.03 * second[i][j]) / 1.03;
      }
    }
    return x;
  }

  private static double[][] orthonormal(SplittableRandom random) {
    double[][] q = new double[N][N];
    for (int i = 0; i < N; i++) {
      for (int j = 0; j < N; j++) {
        q[i][j] = random.nextGaussian();
      }
      for (int k = 0; k < i; k++) {
        double dot = dot(q[i], q[k]);
        for (int j = 0; j < N; j++) {
          q[i][j] -= dot * q[k][j];
        }
      }
      double norm = norm(q[i]);
      for (int j = 0; j < N; j++) {
        q[i][j] /= norm;
      }
    }
    return q;
  }

  private static double[] sparse(SplittableRandom random) {
    double[] theta = new double[N];
    for (int k = 0; k < SPARSE; k++) {
      theta[random.nextInt(N)] = random.nextGaussian() + Math.signum(random.nextDouble() - 0.5);
    }
    return theta;
  }

  /** X^-1 e by Gaussian elimination; the design is well conditioned. */
  private static double[] solve(double[][] x, double[] e) {
    double[][] a = new double[N][];
    double[] b = e.clone();
    for (int i = 0; i < N; i++) {
      a[i] = x[i].clone();
    }
    for (int p = 0; p < N; p++) {
      int pivot = p;
      for (int i = p + 1; i < N; i++) {
        pivot = Math.abs(a[i][p]) > Math.abs(a[pivot][p]) ? i : pivot;
      }
      double[] row = a[p];
      a[p] = a[pivot];
      a[pivot] = row;
      double value = b[p];
      b[p] = b[pivot];
      b[pivot] = value;
      for (int i = 0; i < N; i++) {
        double factor = i == p ? 0 : a[i][p] / a[p][p];
        for (int j = p; j < N && factor != 0; j++) {
          a[i][j] -= factor * a[p][j];
        }
        b[i] -= factor * b[p];
      }
    }
    for (int i = 0; i < N; i++) {
      b[i] /= a[i][i];
    }
    return b;
  }

  private static Matrix gram(double[][] x, Arena arena) {
    Matrix c = Matrix.allocate(arena, N, N);
    for (int i = 0; i < N; i++) {
      for (int j = 0; j < N; j++) {
        double sum = 0;
        for (int k = 0; k < N; k++) {
          sum += x[k][i] * x[k][j];
        }
        c.set(i, j, (float) sum);
      }
    }
    return c;
  }

  private static Matrix row(double[] values, Arena arena) {
    Matrix row = Matrix.allocate(arena, 1, N);
    for (int i = 0; i < N; i++) {
      row.set(0, i, (float) values[i]);
    }
    return row;
  }

  private static double[] add(double[] a, double[] b) {
    double[] sum = new double[N];
    for (int i = 0; i < N; i++) {
      sum[i] = a[i] + b[i];
    }
    return sum;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < N; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double norm(double[] a) {
    return Math.sqrt(dot(a, a));
  }
}
