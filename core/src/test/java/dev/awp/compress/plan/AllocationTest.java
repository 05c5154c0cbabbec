// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class AllocationTest {
  /** All choices there are. */
  private static double best(List<List<Candidate>> layers, int from, long budget) {
    if (budget < 0) {
      return Double.POSITIVE_INFINITY;
    }
    if (from == layers.size()) {
      return 0;
    }
    double best = Double.POSITIVE_INFINITY;
    for (Candidate candidate : layers.get(from)) {
      double rest = best(layers, from + 1, budget - candidate.cost());
      best = Math.min(best, candidate.error() + rest);
    }
    return best;
  }

  private static List<List<Candidate>> random(Random random, int layers, int candidates) {
    List<List<Candidate>> all = new ArrayList<>();
    for (int i = 0; i < layers; i++) {
      List<Candidate> some = new ArrayList<>();
      for (int j = 0; j < candidates; j++) {
        some.add(new Candidate(random.nextInt(20), random.nextInt(30)));
      }
      all.add(some);
    }
    return all;
  }

  @Property(tries = 500)
  void liesBetweenTheBoundAndOneStepAboveTheBest(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 6) int layers,
      @ForAll @IntRange(min = 1, max = 4) int candidates,
      @ForAll @DoubleRange(min = 0, max = 1) double share) {
    List<List<Candidate>> all = random(new Random(seed), layers, candidates);
    long cheapest = Allocation.cheapest(all);
    long budget = cheapest + (long) (share * 20 * layers);
    Allocation found = Allocation.of(all, budget);
    double best = best(all, 0, budget);
    double largestStep = 30;
    assertTrue(found.cost() <= budget, found + " for " + budget);
    assertTrue(found.bound() <= best + 1e-9, found + " where the best is " + best);
    assertTrue(found.error() >= best - 1e-9, found + " is better than the best, " + best);
    assertTrue(found.error() <= best + largestStep, found + " where the best is " + best);
    long cost = 0;
    double error = 0;
    for (int i = 0; i < layers; i++) {
      cost += all.get(i).get(found.choices().get(i)).cost();
      error += all.get(i).get(found.choices().get(i)).error();
    }
    assertEquals(cost, found.cost());
    assertEquals(error, found.error());
    // What an allocation costs is a budget for which it is good, or better.
    assertTrue(Allocation.of(all, found.cost()).error() <= found.error() + largestStep);
  }

  @Property(tries = 300)
  void isTheBestWhereCurvesAreConvexAndStepsEqual(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 18) int budget) {
    Random random = new Random(seed);
    List<List<Candidate>> all = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      double error = 1000;
      double gain = 40;
      List<Candidate> curve = new ArrayList<>();
      for (int bits = 0; bits < 4; bits++) {
        curve.add(new Candidate(bits, error));
        gain *= random.nextDouble();
        error -= gain;
      }
      all.add(curve);
    }
    Allocation found = Allocation.of(all, budget);
    assertEquals(best(all, 0, budget), found.error(), 1e-9);
    assertEquals(found.bound(), found.error(), 1e-9);
  }

  /** What is told of other budgets is what they would have got. */
  @Property(tries = 300)
  void theFrontierHoldsWhatEveryBudgetWouldBuy(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 6) int layers,
      @ForAll @IntRange(min = 1, max = 4) int candidates) {
    List<List<Candidate>> all = random(new Random(seed), layers, candidates);
    List<Candidate> frontier = Allocation.frontier(all, Integer.MAX_VALUE);
    assertEquals(Allocation.cheapest(all), frontier.getFirst().cost());
    for (int i = 0; i < frontier.size(); i++) {
      Candidate point = frontier.get(i);
      assertEquals(best(all, 0, point.cost()), point.error(), 1e-9);
      assertEquals(point.error(), Allocation.of(all, point.cost()).error(), 1e-9);
      assertTrue(i == 0 || point.cost() > frontier.get(i - 1).cost());
      assertTrue(i == 0 || point.error() < frontier.get(i - 1).error());
    }
  }

  @Test
  void tooSmallABudgetIsRefused() {
    List<List<Candidate>> one = List.of(List.of(new Candidate(3, 1), new Candidate(2, 5)));
    assertEquals(List.of(1), Allocation.of(one, 2).choices());
    assertThrows(IllegalArgumentException.class, () -> Allocation.of(one, 1));
    assertThrows(IllegalArgumentException.class, () -> new Candidate(1, Double.NaN));
  }
}
