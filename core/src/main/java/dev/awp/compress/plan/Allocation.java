// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.stream.IntStream;

/**
 * Chooses one candidate for every layer, such that the sum of their errors is small and the sum of
 * their costs within a budget: the multiple-choice knapsack problem.
 *
 * <p>Every layer begins with its cheapest candidate. The lower convex hull of its others, by cost,
 * gives steps of falling gain (error saved for each unit of cost). Steps are taken by falling gain
 * over all layers: at each of them the choice is the exact minimum for what it costs, for it is
 * that of the Lagrangian sum (error + lambda cost), lambda the gain (Everett 1963). Where the next
 * step does not fit any more, the smaller ones that do are taken, on the hull or off it. The
 * distance from the optimum is then less than the step that did not fit would have saved.
 *
 * @param choices index of the chosen candidate of each layer
 * @param bound a lower bound of the error of every choice within the budget
 */
public record Allocation(List<Integer> choices, long cost, double error, double bound) {
  public Allocation {
    choices = List.copyOf(choices);
  }

  /** From one point of a hull to the next one. */
  private record Step(int layer, int to, long cost, double saved) {
    double gain() {
      return saved / cost;
    }
  }

  /**
   * Allocates a budget.
   *
   * @param layers at least one candidate each
   * @throws IllegalArgumentException where even the cheapest candidates are above the budget
   */
  public static Allocation of(List<List<Candidate>> layers, long budget) {
    return new Search(layers, budget).run();
  }

  /**
   * What budgets of every size would buy: the cheapest choice and each that {@link #of} takes on
   * its way to the dearest, every one the least error for its cost; evenly chosen ones, the ends
   * among them, where there are more than are wanted.
   */
  static List<Candidate> frontier(List<List<Candidate>> layers, int most) {
    return new Search(layers, Long.MAX_VALUE).walk(most);
  }

  /** The least that the layers can cost. */
  public static long cheapest(List<List<Candidate>> layers) {
    return layers.stream()
        .mapToLong(all -> all.stream().mapToLong(Candidate::cost).min().orElseThrow())
        .sum();
  }

  private static final class Search {
    private final List<List<Candidate>> layers;
    private final List<List<Integer>> hulls;
    private final int[] chosen;
    private long left;

    Search(List<List<Candidate>> layers, long budget) {
      this.layers = layers;
      this.hulls = layers.stream().map(Search::hull).toList();
      this.chosen = hulls.stream().mapToInt(List::getFirst).toArray();
      this.left = budget - cheapest(layers);
      if (left < 0) {
        throw new IllegalArgumentException(
            "the cheapest choice costs %s, the budget is %s".formatted(budget - left, budget));
      }
    }

    Allocation run() {
      PriorityQueue<Step> steps = steps();
      int[] position = new int[layers.size()];
      double bound = Double.NaN;
      while (!steps.isEmpty()) {
        Step step = steps.poll();
        if (step.cost() <= left) {
          take(step.layer(), step.to());
          enqueue(step.layer(), ++position[step.layer()], steps);
        } else if (Double.isNaN(bound)) {
          bound = Math.max(0, error() - step.gain() * left);
        }
      }
      if (Double.isNaN(bound)) {
        bound = error();
      }
      fill();
      List<Integer> choices = IntStream.of(chosen).boxed().toList();
      return new Allocation(choices, cost(), error(), bound);
    }

    List<Candidate> walk(int most) {
      PriorityQueue<Step> steps = steps();
      int[] position = new int[layers.size()];
      List<Step> way = new ArrayList<>();
      while (!steps.isEmpty()) {
        Step step = steps.poll();
        enqueue(step.layer(), ++position[step.layer()], steps);
        way.add(step);
      }
      // Sums over all layers are taken where a point is wanted alone.
      int points = Math.min(way.size() + 1, most);
      List<Candidate> passed = new ArrayList<>();
      int done = 0;
      for (int point = 0; point < points; point++) {
        int to = points == 1 ? 0 : (int) ((long) point * way.size() / (points - 1));
        for (; done < to; done++) {
          take(way.get(done).layer(), way.get(done).to());
        }
        passed.add(new Candidate(cost(), error()));
      }
      return passed;
    }

    /** The first step of every layer, by falling gain. */
    private PriorityQueue<Step> steps() {
      PriorityQueue<Step> steps =
          new PriorityQueue<>(
              Comparator.comparingDouble((Step s) -> -s.gain()).thenComparingInt(Step::layer));
      for (int layer = 0; layer < layers.size(); layer++) {
        enqueue(layer, 0, steps);
      }
      return steps;
    }

    private long cost() {
      return IntStream.range(0, chosen.length).mapToLong(i -> candidate(i).cost()).sum();
    }

    private void enqueue(int layer, int position, PriorityQueue<Step> steps) {
      List<Integer> hull = hulls.get(layer);
      if (position + 1 < hull.size()) {
        Candidate from = layers.get(layer).get(hull.get(position));
        int next = hull.get(position + 1);
        Candidate to = layers.get(layer).get(next);
        steps.add(new Step(layer, next, to.cost() - from.cost(), from.error() - to.error()));
      }
    }

    /** What is left is spent on the change that saves most, again and again. */
    private void fill() {
      while (true) {
        Step best = new Step(0, chosen[0], 0, 0);
        for (int layer = 0; layer < layers.size(); layer++) {
          Candidate now = candidate(layer);
          for (int to = 0; to < layers.get(layer).size(); to++) {
            Candidate other = layers.get(layer).get(to);
            long cost = other.cost() - now.cost();
            double saved = now.error() - other.error();
            if (cost <= left && saved > best.saved()) {
              best = new Step(layer, to, cost, saved);
            }
          }
        }
        if (!(best.saved() > 0)) {
          return;
        }
        take(best.layer(), best.to());
      }
    }

    private void take(int layer, int to) {
      left -= layers.get(layer).get(to).cost() - candidate(layer).cost();
      chosen[layer] = to;
    }

    private Candidate candidate(int layer) {
      return layers.get(layer).get(chosen[layer]);
    }

    private double error() {
      return IntStream.range(0, chosen.length).mapToDouble(i -> candidate(i).error()).sum();
    }

    /** Indices of the lower left convex hull: costs rise, errors fall, gains fall. */
    private static List<Integer> hull(List<Candidate> all) {
      List<Integer> byCost =
          IntStream.range(0, all.size())
              .boxed()
              .sorted(
                  Comparator.comparingLong((Integer i) -> all.get(i).cost())
                      .thenComparingDouble(i -> all.get(i).error()))
              .toList();
      List<Integer> hull = new ArrayList<>();
      for (int i : byCost) {
        if (!hull.isEmpty() && all.get(i).error() >= all.get(hull.getLast()).error()) {
          continue;
        }
        while (hull.size() > 1
            && gain(all, hull.get(hull.size() - 2), hull.getLast())
                <= gain(all, hull.getLast(), i)) {
          hull.removeLast();
        }
        hull.add(i);
      }
      return hull;
    }

    private static double gain(List<Candidate> all, int from, int to) {
      double saved = all.get(from).error() - all.get(to).error();
      return saved / (all.get(to).cost() - all.get(from).cost());
    }
  }
}
