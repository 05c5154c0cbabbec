// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.structured.choice;

import dev.awp.structured.ColumnTableau;
import dev.awp.structured.RemovalProblem;
import dev.awp.structured.Units;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Looks for the units whose removal costs least, on a tableau that starts with all of them. */
final class UnitSearch {
  /** Of so many removals one batch: within it, costs are those at its begin. */
  private static final int BATCHES = 32;

  /** Below this share of f an exchange is not worth its pivots. */
  private static final double LEAST_GAIN = 1e-5;

  private final Units units;
  private final int removed;
  private final ColumnTableau tableau;

  UnitSearch(RemovalProblem problem, ColumnTableau tableau) {
    this.units = problem.units();
    this.removed = problem.removed();
    this.tableau = tableau;
  }

  /** The units that stay, ascending. */
  int[] kept() {
    return where(true);
  }

  private int[] where(boolean kept) {
    return IntStream.range(0, units.count()).filter(unit -> isKept(unit) == kept).toArray();
  }

  private boolean isKept(int unit) {
    return tableau.isKept(unit * units.width());
  }

  /** Removes as many units as the problem says. */
  void remove() {
    removeUpTo(removed);
  }

  /**
   * Removes the cheapest units, batch by batch; of units of several columns one by one.
   *
   * @param wanted how many are removed then, earlier ones included
   */
  void removeUpTo(int wanted) {
    int batch = units.width() == 1 ? Math.max(1, removed / BATCHES) : 1;
    for (int done = where(false).length; done < wanted; ) {
      int count = Math.min(batch, wanted - done);
      List<Integer> cheapest =
          IntStream.of(kept())
              .boxed()
              .sorted(Comparator.comparingDouble(this::change).thenComparing(unit -> unit))
              .limit(count)
              .toList();
      cheapest.forEach(this::flip);
      done += count;
    }
  }

  private void flip(int unit) {
    tableau.flip(units.ofUnit(unit));
  }

  /** What a unit's leaving adds to f, or its coming back takes away. */
  private double change(int unit) {
    int first = unit * units.width();
    return units.width() == 1
        ? tableau.square(first, first) / Math.abs(tableau.entry(first, first))
        : new UnitCost(tableau, units.ofUnit(unit)).trace();
  }

  /** Exchanges units while that lowers f. */
  void exchange() {
    // Every exchange lowers f, so none comes back; the limit is for time.
    for (int made = 0; made < removed; made++) {
      double before = tableau.objective();
      boolean lower = units.width() == 1 ? exchangeColumns(before) : exchangeUnits(before);
      if (!lower) {
        return;
      }
    }
  }

  /** The best of all exchanges of two columns. */
  private boolean exchangeColumns(double before) {
    int[] out = where(false);
    double best = -LEAST_GAIN * before;
    int leaving = -1;
    int coming = -1;
    for (int k : kept()) {
      // P_kk, and what f rises by without k.
      double inverse = -1 / tableau.entry(k, k);
      double square = tableau.square(k, k);
      double loss = square * inverse;
      for (int s : out) {
        double coupling = tableau.entry(k, s);
        double factor = coupling * inverse;
        double gradient =
            tableau.square(s, s) + 2 * factor * tableau.square(k, s) + factor * factor * square;
        double curvature = tableau.entry(s, s) + coupling * factor;
        double change = loss - gradient / curvature;
        if (change < best) {
          best = change;
          leaving = k;
          coming = s;
        }
      }
    }
    if (leaving < 0) {
      return false;
    }
    tableau.flip(leaving);
    tableau.flip(coming);
    if (tableau.objective() < before) {
      return true;
    }
    // Rounding promised more than there was.
    tableau.flip(coming);
    tableau.flip(leaving);
    return false;
  }

  /** The first removed unit that is worth more than the cheapest of the others. */
  private boolean exchangeUnits(double before) {
    for (int s : where(false)) {
      flip(s);
      int cheapest = s;
      double least = change(s);
      for (int k : kept()) {
        double cost = change(k);
        if (cost < least) {
          least = cost;
          cheapest = k;
        }
      }
      boolean lower = tableau.objective() + least < before - LEAST_GAIN * before;
      flip(lower ? cheapest : s);
      if (lower) {
        return true;
      }
    }
    return false;
  }
}
