// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.structured.choice;

import dev.awp.compute.Compute;
import dev.awp.structured.ColumnTableau;
import dev.awp.structured.KeptUnits;
import dev.awp.structured.RemovalProblem;
import java.lang.foreign.SegmentAllocator;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/** What removing ever more units of a layer costs, with all other weights solved anew. */
public final class RemovalCurve {
  private RemovalCurve() {}

  /**
   * The objective at some numbers of units, found by removal without exchanges.
   *
   * @param problem keeps as few units as the least of the numbers
   * @param kept numbers of units that stay
   */
  public static SortedMap<Integer, Double> of(
      RemovalProblem problem, List<Integer> kept, Compute compute) {
    return of(problem, kept, compute, (_, _) -> {});
  }

  /** What is told of each of the numbers: the units that stay then. */
  @FunctionalInterface
  public interface Listener {
    /**
     * A point of the curve.
     *
     * @param units how many stay
     * @param found makes them and their weights, until this returns
     */
    void reached(int units, Function<SegmentAllocator, KeptUnits> found);
  }

  /** The same, told on the way. */
  public static SortedMap<Integer, Double> of(
      RemovalProblem problem, List<Integer> kept, Compute compute, Listener listener) {
    ColumnTableau tableau = new ColumnTableau(problem, compute);
    UnitSearch search = new UnitSearch(problem, tableau);
    SortedMap<Integer, Double> objectives = new TreeMap<>();
    for (int units : kept.stream().sorted(Comparator.reverseOrder()).toList()) {
      search.removeUpTo(problem.units().count() - units);
      objectives.put(units, tableau.objective());
      listener.reached(
          units,
          memory ->
              new KeptUnits(
                  Arrays.stream(search.kept()).boxed().toList(), tableau.weights(memory)));
    }
    return objectives;
  }
}
