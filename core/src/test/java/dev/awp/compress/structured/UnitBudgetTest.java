// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.compress.structured.UnitBudget.Curve;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class UnitBudgetTest {
  private static Curve convex(Random random, int units, long weights) {
    Map<Integer, Double> costs = new TreeMap<>();
    double slope = 0;
    double cost = 0;
    for (int kept = units; kept >= 1; kept--) {
      costs.put(kept, cost);
      slope += random.nextDouble();
      cost += slope;
    }
    return new Curve(weights, costs);
  }

  private static double removed(List<Curve> curves, List<Integer> kept, int units) {
    double removed = 0;
    for (int i = 0; i < curves.size(); i++) {
      removed += curves.get(i).weights() * (units - kept.get(i));
    }
    return removed;
  }

  private static double cost(List<Curve> curves, List<Integer> kept) {
    double cost = 0;
    for (int i = 0; i < curves.size(); i++) {
      cost += curves.get(i).costs().get(kept.get(i));
    }
    return cost;
  }

  /** Of one size of units the answer is the best of all; held against every other. */
  @Property(tries = 50)
  void ofConvexCostsTheSumIsTheLeast(@ForAll long seed) {
    Random random = new Random(seed);
    int units = 5;
    List<Curve> curves = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      curves.add(convex(random, units, 10));
    }
    double wanted = 10.0 * random.nextInt(3 * (units - 1));
    List<Integer> kept = UnitBudget.share(curves, wanted);
    assertEquals(wanted, removed(curves, kept, units));
    for (int a = 1; a <= units; a++) {
      for (int b = 1; b <= units; b++) {
        for (int c = 1; c <= units; c++) {
          List<Integer> other = List.of(a, b, c);
          if (removed(curves, other, units) == wanted) {
            assertTrue(cost(curves, kept) <= cost(curves, other) + 1e-9, kept + " " + other);
          }
        }
      }
    }
  }

  @Property(tries = 50)
  void whatIsRemovedIsNearWhatIsWanted(@ForAll long seed) {
    Random random = new Random(seed);
    List<Curve> curves = List.of(convex(random, 9, 3), convex(random, 9, 50));
    double wanted = random.nextInt(8 * 53);
    double removed = removed(curves, UnitBudget.share(curves, wanted), 9);
    assertTrue(Math.abs(removed - wanted) <= 50, wanted + " " + removed);
  }

  @Test
  void aStepThatCostsNothingGoesFirstAndABumpIsPassedAtOnce() {
    Curve free = new Curve(1, Map.of(4, 0.0, 3, 0.0, 2, 0.0));
    Curve dear = new Curve(1, Map.of(4, 0.0, 3, 5.0, 2, 6.0));
    assertEquals(List.of(2, 4), UnitBudget.share(List.of(free, dear), 2));
    assertEquals(List.of(2, 2), UnitBudget.share(List.of(free, dear), 4));
    assertEquals(List.of(2, 4), UnitBudget.share(List.of(free, dear), 2.9));
  }
}
