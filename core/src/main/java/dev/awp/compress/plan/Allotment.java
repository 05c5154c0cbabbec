// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.plan;

import dev.awp.AwpException;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.Sparsity;
import dev.awp.model.LinearLayer;
import dev.awp.recipe.Budget;
import dev.awp.recipe.LayerSettings;
import dev.awp.report.BudgetReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * One budget and those who share it: groups of layers that must have the same candidate. Costs are
 * bits of weights as they are stored, or weights that stay where the budget is one of zeros.
 */
final class Allotment {
  /** Of other budgets that a report tells of. */
  private static final int MOST_POINTS = 64;

  private final Budget budget;
  private final Map<LinearLayer, List<LayerSettings>> candidates;
  private final Prices prices;
  private final Map<LinearLayer, List<Double>> errors;

  /**
   * Prepares an allocation.
   *
   * @param errors of every candidate, where these decide
   */
  Allotment(
      Budget budget,
      Map<LinearLayer, List<LayerSettings>> candidates,
      Prices prices,
      Map<LinearLayer, List<Double>> errors) {
    this.budget = budget;
    this.candidates = candidates;
    this.prices = prices;
    this.errors = errors;
  }

  /** AwpException where the cheapest candidates are above the budget; errors are not needed. */
  void check() {
    long least = prices.groups().stream().mapToLong(this::cheapest).sum();
    if (least > available()) {
      throw new AwpException(tooSmall(least));
    }
  }

  private long cheapest(List<LinearLayer> group) {
    return IntStream.range(0, candidates.get(group.getFirst()).size())
        .mapToLong(i -> cost(group, i))
        .min()
        .orElseThrow();
  }

  /**
   * What was chosen.
   *
   * @param settings of every layer
   * @param budget what others would have cost, where errors decide
   */
  record Chosen(Map<LinearLayer, LayerSettings> settings, Optional<BudgetReport> budget) {}

  Chosen choose() {
    check();
    List<List<Candidate>> priced = prices.groups().stream().map(this::price).toList();
    if (budget.sharing() != Budget.Sharing.ERROR) {
      return new Chosen(settings(uniform(priced, available())), Optional.empty());
    }
    Allocation allocation = Allocation.of(priced, available());
    return new Chosen(settings(allocation.choices()), Optional.of(told(allocation, priced)));
  }

  private BudgetReport told(Allocation allocation, List<List<Candidate>> priced) {
    return new BudgetReport(
        budget instanceof Budget.Zeros ? "weights" : "bytes",
        point(new Candidate(allocation.cost(), allocation.error())),
        Allocation.frontier(priced, MOST_POINTS).stream().map(this::point).toList());
  }

  private BudgetReport.Point point(Candidate some) {
    long cost =
        budget instanceof Budget.Zeros
            ? some.cost()
            : Math.ceilDiv(some.cost() + prices.others(), Byte.SIZE);
    return new BudgetReport.Point(cost, some.error());
  }

  private Map<LinearLayer, LayerSettings> settings(List<Integer> choices) {
    Map<LinearLayer, LayerSettings> chosen = new LinkedHashMap<>();
    List<List<LinearLayer>> groups = prices.groups();
    for (int i = 0; i < groups.size(); i++) {
      for (LinearLayer layer : groups.get(i)) {
        chosen.put(layer, candidates.get(layer).get(choices.get(i)));
      }
    }
    return chosen;
  }

  /**
   * The dearest candidate that all can have; layers with one candidate keep that. Where widths make
   * layers differ in their candidates, each has its dearest below a number of bits a weight.
   */
  private List<Integer> uniform(List<List<Candidate>> priced, long available) {
    List<List<Integer>> choices =
        priced.stream().map(List::size).filter(count -> count > 1).distinct().count() > 1
            ? byLevel(priced)
            : byIndex(priced);
    List<Integer> best = List.of();
    long bestCost = -1;
    for (List<Integer> some : choices) {
      long cost =
          IntStream.range(0, some.size())
              .mapToLong(group -> priced.get(group).get(some.get(group)).cost())
              .sum();
      if (cost <= available && cost > bestCost) {
        best = some;
        bestCost = cost;
      }
    }
    return best;
  }

  private static List<List<Integer>> byIndex(List<List<Candidate>> priced) {
    int most = priced.stream().mapToInt(List::size).max().orElse(0);
    return IntStream.range(0, most)
        .mapToObj(i -> priced.stream().map(all -> all.size() == 1 ? 0 : i).toList())
        .toList();
  }

  private List<List<Integer>> byLevel(List<List<Candidate>> priced) {
    double[] weights =
        prices.groups().stream()
            .mapToDouble(group -> group.stream().mapToLong(PackedSize::weights).sum())
            .toArray();
    return IntStream.range(0, weights.length)
        .boxed()
        .flatMap(group -> priced.get(group).stream().map(c -> c.cost() / weights[group]))
        .sorted()
        .distinct()
        .map(
            level ->
                IntStream.range(0, weights.length)
                    .mapToObj(group -> dearest(priced.get(group), level * weights[group]))
                    .toList())
        .toList();
  }

  /** The dearest of some candidates that cost no more; the cheapest where all do. */
  private static int dearest(List<Candidate> all, double most) {
    int found = -1;
    int cheapest = 0;
    for (int i = 0; i < all.size(); i++) {
      cheapest = all.get(i).cost() < all.get(cheapest).cost() ? i : cheapest;
      boolean fits = all.get(i).cost() <= most * (1 + 1e-9);
      found = fits && (found < 0 || all.get(i).cost() > all.get(found).cost()) ? i : found;
    }
    return found < 0 ? cheapest : found;
  }

  private List<Candidate> price(List<LinearLayer> group) {
    List<Candidate> all = new ArrayList<>();
    int count = candidates.get(group.getFirst()).size();
    boolean open = count > 1 && budget.sharing() == Budget.Sharing.ERROR;
    for (int i = 0; i < count; i++) {
      int candidate = i;
      double error =
          open ? group.stream().mapToDouble(layer -> errors.get(layer).get(candidate)).sum() : 0;
      all.add(new Candidate(cost(group, i), error));
    }
    return all;
  }

  private long cost(List<LinearLayer> group, int candidate) {
    return budget instanceof Budget.Zeros
        ? group.stream().mapToLong(layer -> kept(layer, candidates.get(layer).get(candidate))).sum()
        : prices.bits(group, candidate);
  }

  /** Weights of a layer that stay. */
  static long kept(LinearLayer layer, LayerSettings settings) {
    return settings.sparsity().given().map(s -> kept(layer, s)).orElse(PackedSize.weights(layer));
  }

  private static long kept(LinearLayer layer, Sparsity sparsity) {
    return sparsity instanceof RowSparsity rows
        ? (long) layer.rows() * rows.kept(layer.columns())
        : Math.round(PackedSize.weights(layer) * sparsity.density());
  }

  /** What there is to share, in the unit of {@link #cost}. */
  private long available() {
    Set<LinearLayer> layers = candidates.keySet();
    return switch (budget) {
      case Budget.Size size -> size.bytes() * Byte.SIZE - prices.others();
      case Budget.Bits bits ->
          (long) (bits.perWeight() * layers.stream().mapToLong(PackedSize::weights).sum());
      case Budget.Zeros zeros ->
          layers.stream().mapToLong(layer -> kept(layer, new RowSparsity(zeros.ratio()))).sum();
    };
  }

  private String tooSmall(long least) {
    Set<LinearLayer> layers = candidates.keySet();
    double weights = layers.stream().mapToLong(PackedSize::weights).sum();
    return switch (budget) {
      case Budget.Size size ->
          "--target-size %s: the smallest size that this recipe can reach is %s bytes"
              .formatted(size.bytes(), Math.ceilDiv(least + prices.others(), Byte.SIZE));
      case Budget.Bits bits ->
          String.format(
              Locale.ROOT,
              "--target-bits %s: the fewest bits a weight that this recipe can reach are %.3f,"
                  + " scales and zero points included",
              bits.perWeight(),
              least / weights);
      case Budget.Zeros zeros ->
          String.format(
              Locale.ROOT,
              "--target-sparsity %s: the largest share of zeros that this recipe can reach is %.3f",
              zeros.ratio(),
              1 - least / weights);
    };
  }
}
