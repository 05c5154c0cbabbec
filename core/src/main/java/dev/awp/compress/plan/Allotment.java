// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.plan;

import dev.awp.AwpException;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.compress.ConstraintOptions;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.Sparsity;
import dev.awp.model.LinearLayer;
import dev.awp.recipe.Budget;
import dev.awp.recipe.FusedLayers;
import dev.awp.recipe.LayerSettings;
import dev.awp.recipe.Recipe;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * One budget and those who share it: groups of layers that must have the same candidate. Costs are
 * bits of packed weights, or weights that stay where the budget is one of zeros.
 */
final class Allotment {
  private final Budget budget;
  private final Checkpoint checkpoint;
  private final Map<LinearLayer, List<LayerSettings>> candidates;
  private final Map<LinearLayer, List<Double>> errors;
  private final List<List<LinearLayer>> groups;

  /**
   * Prepares an allocation.
   *
   * @param recipe has a budget
   * @param errors of every candidate, where these decide
   */
  Allotment(
      Recipe recipe,
      Checkpoint checkpoint,
      Map<LinearLayer, List<LayerSettings>> candidates,
      Map<LinearLayer, List<Double>> errors) {
    this.budget = recipe.budget().orElseThrow();
    this.checkpoint = checkpoint;
    this.candidates = candidates;
    this.errors = errors;
    Set<LinearLayer> layers = candidates.keySet();
    this.groups =
        recipe.fused() ? FusedLayers.group(layers) : layers.stream().map(List::of).toList();
  }

  /** AwpException where the cheapest candidates are above the budget; errors are not needed. */
  void check() {
    long least = groups.stream().mapToLong(this::cheapest).sum();
    if (least > available()) {
      throw new AwpException(tooSmall(least));
    }
  }

  private long cheapest(List<LinearLayer> group) {
    return IntStream.range(0, candidates.get(group.getFirst()).size())
        .mapToLong(
            i -> group.stream().mapToLong(layer -> cost(layer, candidates.get(layer).get(i))).sum())
        .min()
        .orElseThrow();
  }

  /** The chosen settings of every layer. */
  Map<LinearLayer, LayerSettings> choose() {
    check();
    List<List<Candidate>> priced = groups.stream().map(this::price).toList();
    long available = available();
    List<Integer> choices =
        budget.sharing() == Budget.Sharing.ERROR
            ? Allocation.of(priced, available).choices()
            : uniform(priced, available);
    Map<LinearLayer, LayerSettings> chosen = new LinkedHashMap<>();
    for (int i = 0; i < groups.size(); i++) {
      for (LinearLayer layer : groups.get(i)) {
        chosen.put(layer, candidates.get(layer).get(choices.get(i)));
      }
    }
    return chosen;
  }

  /** The dearest candidate that all can have; layers with one candidate keep that. */
  private static List<Integer> uniform(List<List<Candidate>> priced, long available) {
    List<Integer> best = List.of();
    long bestCost = -1;
    int most = priced.stream().mapToInt(List::size).max().orElse(0);
    for (int choice = 0; choice < most; choice++) {
      long cost = 0;
      List<Integer> choices = new ArrayList<>();
      for (List<Candidate> all : priced) {
        choices.add(all.size() == 1 ? 0 : choice);
        cost += all.get(choices.getLast()).cost();
      }
      if (cost <= available && cost > bestCost) {
        best = choices;
        bestCost = cost;
      }
    }
    return best;
  }

  private List<Candidate> price(List<LinearLayer> group) {
    List<Candidate> all = new ArrayList<>();
    int count = candidates.get(group.getFirst()).size();
    for (int i = 0; i < count; i++) {
      long cost = 0;
      double error = 0;
      for (LinearLayer layer : group) {
        cost += cost(layer, candidates.get(layer).get(i));
        boolean open = count > 1 && budget.sharing() == Budget.Sharing.ERROR;
        error += open ? errors.get(layer).get(i) : 0;
      }
      all.add(new Candidate(cost, error));
    }
    return all;
  }

  private long cost(LinearLayer layer, LayerSettings settings) {
    if (budget instanceof Budget.Zeros) {
      return settings.sparsity().given().map(s -> kept(layer, s)).orElse(PackedSize.weights(layer));
    }
    return PackedSize.bits(
        layer, ConstraintOptions.of(settings), checkpoint.tensor(layer.weight()).type().written());
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
      case Budget.Size size -> size.bytes() * Byte.SIZE - PackedSize.others(checkpoint, layers);
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
              .formatted(
                  size.bytes(),
                  Math.ceilDiv(least + PackedSize.others(checkpoint, layers), Byte.SIZE));
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
