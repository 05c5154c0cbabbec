// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.structured.choice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.compute.Compute;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.linalg.DampedFactor;
import dev.awp.structured.ColumnTableau;
import dev.awp.structured.KeptUnits;
import dev.awp.structured.RemovalProblem;
import dev.awp.structured.UnitChoice;
import dev.awp.structured.Units;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Columns that all rows share: weights against a direct solve, sets against all that there are. */
class LeastSquaresTest {
  private static final double DAMPING = 0.01;

  private static RemovalProblem problem(int rows, Units units, int kept, long seed, Arena arena) {
    return new RemovalProblem(
        RandomMatrices.of(Kind.GAUSSIAN, rows, units.columns(), seed, arena),
        RandomMatrices.secondMoment(units.columns(), seed + 1, arena),
        units,
        kept,
        DAMPING);
  }

  /** The best weights on some columns and what they leave, by elimination in float64. */
  private static final class Direct {
    private final double[][] weights;
    private final double objective;

    private Direct(double[][] weights, double objective) {
      this.weights = weights;
      this.objective = objective;
    }

    static Direct of(RemovalProblem problem, int[] columns) {
      int n = problem.c().rows();
      int k = columns.length;
      double[][] c = new double[n][n];
      double added = problem.damping() * DampedFactor.meanDiagonal(problem.c());
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          c[i][j] = problem.c().get(i, j) + (i == j ? added : 0);
        }
      }
      double[][] weights = new double[problem.w().rows()][];
      double objective = 0;
      for (int row = 0; row < weights.length; row++) {
        double[][] system = new double[k][k + 1];
        for (int i = 0; i < k; i++) {
          for (int j = 0; j < k; j++) {
            system[i][j] = c[columns[i]][columns[j]];
          }
          for (int j = 0; j < n; j++) {
            system[i][k] += c[columns[i]][j] * problem.w().get(row, j);
          }
        }
        weights[row] = eliminate(system);
        double[] left = new double[n];
        for (int j = 0; j < n; j++) {
          left[j] = problem.w().get(row, j);
        }
        for (int i = 0; i < k; i++) {
          left[columns[i]] -= weights[row][i];
        }
        for (int i = 0; i < n; i++) {
          for (int j = 0; j < n; j++) {
            objective += left[i] * c[i][j] * left[j];
          }
        }
      }
      return new Direct(weights, objective);
    }

    private static double[] eliminate(double[][] system) {
      int k = system.length;
      for (int p = 0; p < k; p++) {
        for (int i = 0; i < k; i++) {
          double factor = i == p ? 0 : system[i][p] / system[p][p];
          for (int j = p; j <= k && i != p; j++) {
            system[i][j] -= factor * system[p][j];
          }
        }
      }
      return IntStream.range(0, k).mapToDouble(i -> system[i][k] / system[i][i]).toArray();
    }
  }

  private static double objective(RemovalProblem problem, int[] units) {
    return Direct.of(problem, problem.units().columns(units)).objective;
  }

  private static int[] kept(KeptUnits chosen) {
    return chosen.units().stream().mapToInt(unit -> unit).toArray();
  }

  @Property(tries = 60)
  void weightsAreThoseOfADirectSolve(
      @ForAll @IntRange(min = 1, max = 5) int rows,
      @ForAll @IntRange(min = 2, max = 12) int count,
      @ForAll @IntRange(min = 1, max = 3) int width,
      @ForAll @IntRange(min = 0, max = 100) int part,
      @ForAll @IntRange(max = 1000) int seed) {
    Units units = new Units(count, width);
    int stay = Math.max(1, count * part / 100);
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(2)) {
      RemovalProblem problem = problem(rows, units, stay, seed, arena);
      KeptUnits chosen = UnitChoices.standard().choose(problem, compute, arena);
      assertEquals(stay, chosen.units().size());
      double[][] expected = Direct.of(problem, units.columns(kept(chosen))).weights;
      for (int row = 0; row < rows; row++) {
        double largest = Arrays.stream(expected[row]).map(Math::abs).max().orElse(0);
        for (int j = 0; j < expected[row].length; j++) {
          assertEquals(expected[row][j], chosen.weights().get(row, j), 1e-6 * Math.max(1, largest));
        }
      }
    }
  }

  @Property(tries = 60)
  void pivotsKeepTheObjectiveAndUndoThemselves(
      @ForAll @IntRange(min = 1, max = 40) int columns,
      @ForAll @IntRange(min = 0, max = 100) int part,
      @ForAll @IntRange(max = 1000) int seed) {
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(2)) {
      RemovalProblem problem = problem(3, new Units(columns, 1), columns, seed, arena);
      ColumnTableau tableau = new ColumnTableau(problem, compute);
      int[] gone = IntStream.range(0, Math.min(columns - 1, columns * part / 100)).toArray();
      double[] before = entries(tableau, columns);
      tableau.flip(gone);
      double expected = objective(problem, problem.units().others(gone));
      assertEquals(expected, tableau.objective(), 1e-7 * Math.max(1e-6, expected));
      tableau.flip(gone);
      assertArrayEquals(before, entries(tableau, columns), 1e-6 * largest(before));
      assertEquals(0, tableau.objective(), 1e-9 * Math.max(1, expected));
    }
  }

  private static double[] entries(ColumnTableau tableau, int columns) {
    return IntStream.range(0, columns * columns)
        .mapToDouble(i -> tableau.entry(i / columns, i % columns))
        .toArray();
  }

  private static double largest(double[] values) {
    return Arrays.stream(values).map(Math::abs).max().orElse(1);
  }

  private interface Search {
    void run(UnitSearch search);
  }

  private static double after(RemovalProblem problem, Compute compute, Search search) {
    ColumnTableau tableau = new ColumnTableau(problem, compute);
    search.run(new UnitSearch(problem, tableau));
    return tableau.objective();
  }

  @Property(tries = 40)
  void exchangesNeverRaiseTheObjective(
      @ForAll @IntRange(min = 2, max = 24) int count,
      @ForAll @IntRange(min = 1, max = 3) int width,
      @ForAll @IntRange(max = 1000) int seed) {
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(1)) {
      RemovalProblem problem = problem(4, new Units(count, width), (count + 1) / 2, seed, arena);
      double greedy = after(problem, compute, UnitSearch::remove);
      double exchanged =
          after(
              problem,
              compute,
              search -> {
                search.remove();
                search.exchange();
              });
      assertTrue(exchanged <= greedy * (1 + 1e-12), exchanged + " after " + greedy);
    }
  }

  /** Of all sets of that many units, the lowest objective. */
  private static double best(RemovalProblem problem) {
    double best = Double.POSITIVE_INFINITY;
    for (int set = 0; set < 1 << problem.units().count(); set++) {
      if (Integer.bitCount(set) == problem.kept()) {
        int bits = set;
        int[] units =
            IntStream.range(0, problem.units().count()).filter(u -> (bits >> u & 1) == 1).toArray();
        best = Math.min(best, objective(problem, units));
      }
    }
    return best;
  }

  @Test
  void mostSetsAreTheBestThereAre() {
    int found = 0;
    int tries = 0;
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(1)) {
      for (Units units : List.of(new Units(9, 1), new Units(7, 2))) {
        for (int seed = 0; seed < 15; seed++) {
          RemovalProblem problem = problem(4, units, 4, seed, arena);
          KeptUnits chosen = UnitChoices.standard().choose(problem, compute, arena);
          double best = best(problem);
          double own = objective(problem, kept(chosen));
          assertTrue(own >= best * (1 - 1e-9));
          assertTrue(own < 1.2 * best, own + " where " + best + " is possible");
          found += own < best * (1 + 1e-9) ? 1 : 0;
          tries++;
        }
      }
    }
    assertTrue(found >= 0.8 * tries, found + " of " + tries);
  }

  @Test
  void everyOtherWayLeavesMoreAndKeepsItsWeights() {
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(1)) {
      RemovalProblem problem = problem(8, new Units(30, 1), 20, 3, arena);
      double own = objective(problem, kept(UnitChoices.standard().choose(problem, compute, arena)));
      for (String name : UnitChoices.names().subList(1, UnitChoices.names().size())) {
        UnitChoice choice = UnitChoices.byName(name).orElseThrow();
        KeptUnits chosen = choice.choose(problem, compute, arena);
        assertEquals(20, chosen.units().size());
        assertTrue(own <= objective(problem, kept(chosen)), name);
        assertEquals(
            problem.w().get(2, chosen.units().getFirst()), chosen.weights().get(2, 0), name);
        Matrix spread = chosen.spread(problem.units(), arena);
        assertEquals(chosen.weights().get(7, 19), spread.get(7, chosen.units().getLast()));
      }
    }
  }

  @Test
  void aCurveHasTheCostOfEveryNumber() {
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(1)) {
      RemovalProblem problem = problem(4, new Units(20, 1), 5, 1, arena);
      SortedMap<Integer, Double> curve = RemovalCurve.of(problem, List.of(20, 5, 12), compute);
      assertEquals(List.of(5, 12, 20), List.copyOf(curve.keySet()));
      assertEquals(0.0, curve.get(20), 1e-12);
      assertTrue(curve.get(12) > 0 && curve.get(5) > curve.get(12), curve.toString());
      assertEquals(after(problem, compute, UnitSearch::remove), curve.get(5), 1e-9);
    }
  }

  @Test
  void moreUnitsOfMoreWeightStay() {
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(1)) {
      Units units = new Units(6, 1);
      Matrix w = Matrix.copyOf(arena, new float[] {1, 5, 2, 6, 3, 4});
      Matrix c = Matrix.allocate(arena, 6, 6);
      IntStream.range(0, 6).forEach(i -> c.set(i, i, i == 0 ? 100 : 1));
      for (String name : UnitChoices.names()) {
        KeptUnits chosen =
            UnitChoices.byName(name)
                .orElseThrow()
                .choose(new RemovalProblem(w, c, units, 3, 0), compute, arena);
        assertEquals(List.of(0, 1, 3), chosen.units(), name);
      }
    }
  }

  @Test
  void columnsThatDependOnOthersNeedDamping() {
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(1)) {
      Matrix w = Matrix.copyOf(arena, new float[] {1, 2});
      Matrix c = Matrix.copyOf(arena, new float[] {1, 1}, new float[] {1, 1});
      Units units = new Units(2, 1);
      assertThrows(
          AwpException.class,
          () -> new ColumnTableau(new RemovalProblem(w, c, units, 1, 0), compute));
      KeptUnits chosen =
          UnitChoices.standard().choose(new RemovalProblem(w, c, units, 1, 1e-9), compute, arena);
      // Both inputs are one: the weight that stays is their sum.
      assertEquals(3, chosen.weights().get(0, 0), 1e-6);
    }
  }
}
