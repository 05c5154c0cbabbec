// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Shares a number of weights to remove among steps: of what each may keep, the number that the
 * lower convex hull of its costs reaches at the lowest price a weight that all together pay. That
 * is the least sum of costs for what is removed, where costs are convex.
 */
final class UnitBudget {
  private UnitBudget() {}

  /**
   * What a step costs.
   *
   * @param weights of one unit
   * @param costs by numbers of units that stay
   */
  record Curve(double weights, Map<Integer, Double> costs) {}

  /** From one number of units that stay to the next of a hull. */
  private record Move(int curve, int units, double weights, double price) {}

  /**
   * How many units stay of each step.
   *
   * @param removed weights; where units do not fit, the sum is the nearest
   */
  static List<Integer> share(List<Curve> curves, double removed) {
    List<Move> moves = new ArrayList<>();
    List<Integer> units = new ArrayList<>();
    for (int i = 0; i < curves.size(); i++) {
      Curve curve = curves.get(i);
      List<Integer> hull = hull(curve);
      units.add(hull.getFirst());
      for (int k = 1; k < hull.size(); k++) {
        double weights = curve.weights() * (hull.get(k - 1) - hull.get(k));
        double cost = curve.costs().get(hull.get(k)) - curve.costs().get(hull.get(k - 1));
        moves.add(new Move(i, hull.get(k), weights, cost / weights));
      }
    }
    moves.sort(Comparator.comparingDouble(Move::price));
    double done = 0;
    boolean[] ended = new boolean[curves.size()];
    for (Move move : moves) {
      // Later moves of a hull are dearer, and begin where this one ends.
      boolean taken = !ended[move.curve()] && removed - done > move.weights() / 2;
      ended[move.curve()] |= !taken;
      if (taken) {
        done += move.weights();
        units.set(move.curve(), move.units());
      }
    }
    return units;
  }

  /** Numbers of units on the lower convex hull, the most first. */
  private static List<Integer> hull(Curve curve) {
    List<Integer> numbers =
        curve.costs().keySet().stream().sorted(Comparator.reverseOrder()).toList();
    List<Integer> hull = new ArrayList<>();
    for (int number : numbers) {
      while (hull.size() > 1 && !bends(curve, hull.get(hull.size() - 2), hull.getLast(), number)) {
        hull.removeLast();
      }
      hull.add(number);
    }
    return hull;
  }

  private static boolean bends(Curve curve, int first, int middle, int last) {
    return slope(curve, first, middle) < slope(curve, middle, last);
  }

  private static double slope(Curve curve, int from, int to) {
    return (curve.costs().get(to) - curve.costs().get(from)) / (from - to);
  }
}
