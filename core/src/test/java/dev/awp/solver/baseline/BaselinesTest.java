// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.baseline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.constraint.Constraint;
import dev.awp.constraint.NmSparsity;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.SparseGrid;
import dev.awp.constraint.Sparsity;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.fixture.SolverFixture;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.solver.StopReason;
import dev.awp.solver.pgd.ProjectedGradient;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** SparseGPT and ALPS: better than what they improve on, and defined where C is not. */
class BaselinesTest extends SolverFixture {
  private static final List<Sparsity> SPARSE =
      List.of(
          new RowSparsity(0.5), new RowSparsity(0.7), new NmSparsity(2, 4), new NmSparsity(3, 5));
  private static final List<Constraint> ALL =
      List.of(
          SPARSE.get(0),
          SPARSE.get(1),
          SPARSE.get(2),
          SPARSE.get(3),
          new SparseGrid(SPARSE.get(0), new IntegerGrid(4, 0, false, DType.BF16)),
          new SparseGrid(SPARSE.get(2), new IntegerGrid(4, 24, true, DType.F16)),
          new SparseGrid(SPARSE.get(3), new IntegerGrid(3, 32, false, DType.F32)));
  private static final List<Solver> BOTH = List.of(new Alps(), new SparseGpt());
  private static final List<Solver> WITH_SEQUENCES =
      List.of(
          new Alps(),
          new SparseGpt(),
          Sequence.wandaAwq(),
          Sequence.awqWanda(),
          Sequence.alpsGptq());

  BaselinesTest() {
    super(130, 301, 1);
  }

  private Matrix weights(int rows, int columns) {
    return RandomMatrices.of(Kind.GAUSSIAN, rows, columns, 1, arena);
  }

  @Test
  void eachBeatsTheOneBefore() {
    for (Sparsity sparsity : SPARSE) {
      double wanda = solve(new Wanda(), w, c, sparsity).relativeError();
      double gpt = solve(new SparseGpt(), w, c, sparsity).relativeError();
      double pgd = solve(new ProjectedGradient(), w, c, sparsity).relativeError();
      Solution alps = solve(new Alps(), w, c, sparsity);
      double error = alps.relativeError();
      String what =
          "%s: wanda %.5f, sparsegpt %.5f, pgd %.5f, alps %.5f"
              .formatted(sparsity.describe(), wanda, gpt, pgd, error);
      assertTrue(gpt < 0.5 * wanda, what);
      assertTrue(error < 0.5 * gpt, what);
      assertTrue(error < 0.5 * pgd, what);
      assertEquals(StopReason.CONVERGED, alps.stop(), what);
    }
  }

  @Test
  void jointSweepBeatsWandaAndRounding() {
    for (Constraint joint : ALL.subList(SPARSE.size(), ALL.size())) {
      double wanda = solve(new Wanda(), w, c, joint).relativeError();
      double gpt = solve(new SparseGpt(), w, c, joint).relativeError();
      assertTrue(gpt < 0.5 * wanda, joint.describe() + ": " + gpt + " against " + wanda);
    }
  }

  @Test
  void withoutCorrelationSparseGptIsWanda() {
    // One block of columns, in which each row loses what it loses in all.
    Matrix w = weights(33, 120);
    Matrix c = Matrix.allocate(arena, 120, 120);
    for (int j = 0; j < 120; j++) {
      c.set(j, j, 1);
    }
    for (Sparsity sparsity : SPARSE) {
      assertSame(w, c, sparsity);
    }
    // The damping is the same for all channels, so scores agree closely but not exactly.
    for (int j = 0; j < 120; j++) {
      c.set(j, j, 1 << j % 7);
    }
    for (Sparsity sparsity : List.of(new NmSparsity(2, 4), new NmSparsity(1, 8))) {
      Solution gpt = solve(new SparseGpt(), w, c, sparsity);
      Solution wanda = solve(new Wanda(), w, c, sparsity);
      assertEquals(wanda.objective(), gpt.objective(), 1e-3 * wanda.objective());
    }
  }

  private void assertSame(Matrix w, Matrix c, Sparsity sparsity) {
    Matrix gpt = solve(new SparseGpt(), w, c, sparsity).weights();
    Matrix wanda = solve(new Wanda(), w, c, sparsity).weights();
    assertEquals(-1, wanda.segment().mismatch(gpt.segment()), sparsity.describe());
  }

  /** The sweep as the derivation has it: by the inverse itself, which loses a column each time. */
  @Test
  void sparseGptIsTheOptimalBrainSurgeonInAFixedOrder() {
    int n = 150;
    Matrix w = weights(12, n);
    Matrix c = RandomMatrices.secondMoment(n, 5, arena);
    double[][] inverse = inverse(damped(c));
    double[][][] left = new double[n][][];
    for (int j = 0; j < n; j++) {
      left[j] = inverse;
      inverse = without(inverse, j);
    }
    for (Sparsity sparsity : SPARSE) {
      Matrix t = solve(new SparseGpt(), w, c, sparsity).weights();
      for (int row = 0; row < w.rows(); row++) {
        double[] expected = new double[n];
        for (int j = 0; j < n; j++) {
          expected[j] = w.get(row, j);
        }
        sweep(expected, left, sparsity);
        for (int j = 0; j < n; j++) {
          assertEquals(expected[j], t.get(row, j), 1e-3, sparsity.describe() + ", " + row);
        }
      }
    }
  }

  private static void sweep(double[] w, double[][][] left, Sparsity sparsity) {
    int n = w.length;
    boolean[] pruned = new boolean[n];
    for (int j = 0; j < n; j++) {
      switch (sparsity) {
        case NmSparsity nm -> {
          if (j % nm.group() == 0) {
            int end = Math.min(n, j + nm.group());
            prune(w, left, j, end, Math.max(0, end - j - nm.keep()), pruned);
          }
        }
        case RowSparsity rows -> {
          int all = n - rows.kept(n);
          int first = (int) Math.round(all * 128.0 / n);
          if (j % 128 == 0) {
            prune(w, left, j, Math.min(n, j + 128), j == 0 ? first : all - first, pruned);
          }
        }
      }
      if (pruned[j]) {
        double error = w[j] / left[j][j][j];
        for (int k = n - 1; k >= j; k--) {
          w[k] -= error * left[j][j][k];
        }
        w[j] = 0;
      }
    }
  }

  /** Marks the columns whose loss is least. */
  private static void prune(
      double[] w, double[][][] left, int from, int to, int count, boolean[] pruned) {
    IntStream.range(from, to)
        .boxed()
        .sorted(Comparator.comparingDouble(j -> w[j] * w[j] / left[j][j][j]))
        .limit(count)
        .forEach(j -> pruned[j] = true);
  }

  private static double[][] damped(Matrix c) {
    int n = c.rows();
    double[][] h = new double[n][n];
    double trace = 0;
    for (int i = 0; i < n; i++) {
      trace += c.get(i, i);
    }
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        h[i][j] = c.get(i, j) + (i == j ? 0.01 * trace / n : 0);
      }
    }
    return h;
  }

  /** Gauss-Jordan; a positive definite matrix needs no pivots. */
  private static double[][] inverse(double[][] a) {
    int n = a.length;
    double[][] b = new double[n][n];
    for (int p = 0; p < n; p++) {
      b[p][p] = 1;
    }
    for (int p = 0; p < n; p++) {
      double pivot = a[p][p];
      for (int k = 0; k < n; k++) {
        a[p][k] /= pivot;
        b[p][k] /= pivot;
      }
      for (int i = 0; i < n; i++) {
        double factor = i == p ? 0 : a[i][p];
        for (int k = 0; k < n; k++) {
          a[i][k] -= factor * a[p][k];
          b[i][k] -= factor * b[p][k];
        }
      }
    }
    return b;
  }

  /** The inverse of H without row and column j, by one step of elimination. */
  private static double[][] without(double[][] inverse, int j) {
    int n = inverse.length;
    double[][] rest = new double[n][n];
    for (int i = j + 1; i < n; i++) {
      for (int k = j + 1; k < n; k++) {
        rest[i][k] = inverse[i][k] - inverse[i][j] * inverse[j][k] / inverse[j][j];
      }
    }
    return rest;
  }

  @Test
  void rowsKeepExactlyTheirCount() {
    Matrix w = weights(9, 301);
    Matrix c = RandomMatrices.secondMoment(301, 3, arena);
    for (double ratio : new double[] {0.01, 0.333, 0.5, 0.9, 0.999}) {
      RowSparsity sparsity = new RowSparsity(ratio);
      for (Solver solver : BOTH) {
        Matrix t = solve(solver, w, c, sparsity).weights();
        for (int row = 0; row < t.rows(); row++) {
          int kept = compute.kernels().selection().countNonZero(t.row(row));
          assertEquals(sparsity.kept(301), kept, solver.name() + " " + ratio);
        }
      }
    }
  }

  @Test
  void deadChannelsGetNoWeight() {
    Matrix w = weights(20, 97);
    Matrix c = RandomMatrices.secondMoment(97, 2, arena);
    for (int j = 0; j < 97; j++) {
      c.set(3, j, 0);
      c.set(j, 3, 0);
      w.set(5, j, 0);
    }
    for (Constraint constraint : ALL) {
      for (Solver solver : BOTH) {
        if (solver.supports(constraint)) {
          Matrix t = solve(solver, w, c, constraint).weights();
          for (int row = 0; row < 20; row++) {
            assertEquals(0, t.get(row, 3), solver.name() + ", " + constraint.describe());
          }
        }
      }
    }
  }

  @Test
  void withoutAnyInputNothingIsLost() {
    Matrix w = weights(20, 97);
    Matrix c = Matrix.allocate(arena, 97, 97);
    for (Constraint constraint : ALL) {
      for (Solver solver : WITH_SEQUENCES) {
        if (solver.supports(constraint)) {
          assertEquals(0, solve(solver, w, c, constraint).objective());
        }
      }
    }
  }

  @Test
  void fewerTokensThanChannelsAreEnough() {
    Matrix w = weights(20, 150);
    for (int tokens : new int[] {1, 7, 60}) {
      for (float size : new float[] {1e-12f, 1, 1e6f}) {
        Matrix x = RandomMatrices.of(Kind.GAUSSIAN, tokens, 150, 4, arena);
        for (int r = 0; r < tokens; r++) {
          compute.kernels().arithmetic().scale(x.row(r), size, x.row(r));
        }
        Matrix c = gram(x);
        for (Constraint constraint : ALL) {
          double wanda = solve(new Wanda(), w, c, constraint).objective();
          for (Solver solver : BOTH) {
            if (solver.supports(constraint)) {
              double objective = solve(solver, w, c, constraint).objective();
              String what = solver.name() + ", " + constraint.describe() + ", " + tokens;
              assertTrue(objective < wanda, what + ": " + objective + " against " + wanda);
            }
          }
        }
      }
    }
  }

  private Matrix gram(Matrix x) {
    int n = x.columns();
    Matrix c = Matrix.allocate(arena, n, n);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        double sum = 0;
        for (int r = 0; r < x.rows(); r++) {
          sum += (double) x.get(r, i) * x.get(r, j);
        }
        c.set(i, j, (float) (sum / x.rows()));
      }
    }
    return c;
  }

  @Test
  void resultsDoNotDependOnThreads() {
    Matrix many = weights(300, 301);
    for (Constraint constraint : List.of(ALL.get(0), ALL.get(2), ALL.get(5))) {
      for (Solver solver : BOTH) {
        if (solver.supports(constraint)) {
          assertSameOnAnyThreads(solver, many, constraint);
        }
      }
    }
  }

  @Provide
  Arbitrary<Constraint> constraints() {
    Arbitrary<Sparsity> sparse =
        Arbitraries.oneOf(
            Arbitraries.doubles().between(0.01, 0.99).map(RowSparsity::new),
            Arbitraries.of(new NmSparsity(2, 4), new NmSparsity(5, 7), new NmSparsity(1, 32)));
    Arbitrary<IntegerGrid> grids =
        Combinators.combine(
                Arbitraries.of(2, 3, 4, 8),
                Arbitraries.of(0, 1, 5, 32, 100, 128, 200),
                Arbitraries.of(true, false),
                Arbitraries.of(DType.F32, DType.F16, DType.BF16))
            .as(IntegerGrid::new);
    return Arbitraries.oneOf(
        sparse.map(s -> s), Combinators.combine(sparse, grids).as(SparseGrid::new));
  }

  /** Groups of any size against blocks of 128 columns, and weights of any size. */
  @Property(tries = 150)
  void everySolutionLiesInItsSet(
      @ForAll("constraints") Constraint constraint,
      @ForAll @IntRange(min = 1, max = 400) int columns,
      @ForAll Kind kind,
      @ForAll @IntRange(min = 1, max = 9) int tokens,
      @ForAll long seed) {
    try (Arena own = Arena.ofShared()) {
      Matrix w = RandomMatrices.of(kind, 3, columns, seed, own);
      Matrix c = gram(RandomMatrices.of(Kind.GAUSSIAN, tokens, columns, seed + 1, own));
      for (Solver solver : WITH_SEQUENCES) {
        if (solver.supports(constraint)) {
          solve(solver, w, c, constraint);
        }
      }
    }
  }

  @Test
  void interruptionEndsAlps() {
    assertInterruptible(new Alps(), new RowSparsity(0.5));
  }
}
