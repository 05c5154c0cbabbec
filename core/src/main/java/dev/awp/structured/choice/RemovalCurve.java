// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.structured.choice;

import dev.awp.compute.Compute;
import dev.awp.structured.ColumnTableau;
import dev.awp.structured.RemovalProblem;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

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
    ColumnTableau tableau = new ColumnTableau(problem, compute);
    UnitSearch search = new UnitSearch(problem, tableau);
    SortedMap<Integer, Double> objectives = new TreeMap<>();
    for (int units : kept.stream().sorted(Comparator.reverseOrder()).toList()) {
      search.removeUpTo(problem.units().count() - units);
      objectives.put(units, tableau.objective());
    }
    return objectives;
  }
}
