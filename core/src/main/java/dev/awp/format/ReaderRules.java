// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

import dev.awp.checkpoint.ExpertSlices;
import dev.awp.config.ModelConfig;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.Grid;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.model.LinearLayer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Gathers the rules of a format's readers that a plan breaks, each with all layers that do. */
public final class ReaderRules {
  private final ModelPlan plan;
  private final List<BrokenRule> broken = new ArrayList<>();

  public ReaderRules(ModelPlan plan) {
    this.plan = plan;
  }

  public List<BrokenRule> broken() {
    return List.copyOf(broken);
  }

  /**
   * A rule that each layer keeps or breaks by itself.
   *
   * @param complaint what is wrong with a layer
   */
  public ReaderRules each(Function<LayerPlan, Optional<String>> complaint) {
    Map<String, List<String>> layers =
        plan.layers().stream()
            .filter(layer -> complaint.apply(layer).isPresent())
            .collect(
                groupingBy(
                    layer -> complaint.apply(layer).orElseThrow(),
                    LinkedHashMap::new,
                    mapping(layer -> layer.layer().name(), toList())));
    layers.forEach((rule, names) -> broken.add(new BrokenRule(rule, names)));
    return this;
  }

  /** What no packed format has room for. */
  public ReaderRules noChannelScales() {
    return each(
        layer ->
            layer.grid().isPresent() && layer.channelScales()
                ? Optional.of(
                    "the solver scales input channels, for which a packed layer has no room; choose"
                        + " another --solver")
                : Optional.empty());
  }

  /** No expert that the model's class knows in one tensor with the others alone. */
  public ReaderRules expertsApart() {
    ModelConfig config = plan.layout().config();
    Set<String> stacked =
        ExpertSlices.mayLieApart(config) ? Set.of() : ExpertSlices.of(config).keySet();
    return each(
        layer ->
            stacked.contains(layer.layer().weight())
                ? Optional.of(
                    "transformers' %s has the experts of a block in one tensor, for whose codes the format has no place"
                        .formatted(plan.layout().architecture().name()))
                : Optional.empty());
  }

  /** Groups of equal size, without a shorter last one. */
  public ReaderRules wholeGroups() {
    return each(
        layer -> {
          int columns = layer.layer().columns();
          return layer
              .grid()
              .filter(grid -> columns % grid.groupSize(columns) != 0)
              .map(
                  grid ->
                      "%s columns are no multiple of the group size %s"
                          .formatted(columns, grid.groupSize()));
        });
  }

  /** Every layer on a grid, and all on grids of the same kind. */
  public ReaderRules oneScheme() {
    each(
        layer ->
            layer.grid().isPresent()
                ? Optional.empty()
                : Optional.of(
                    "the layer is on no grid (--bits), and there is no other place for it"));
    if (schemes(plan).size() > 1) {
      each(
          layer ->
              layer
                  .grid()
                  .map(grid -> "%s, where all layers must be alike".formatted(scheme(grid))));
    }
    return this;
  }

  /** No linear layer of the blocks that stays as it is. */
  public ReaderRules allCompressed() {
    if (!plan.untouched().isEmpty()) {
      broken.add(
          new BrokenRule(
              "the layer is not compressed, and the format has no place for it", plan.untouched()));
    }
    return this;
  }

  /**
   * No packed output head.
   *
   * @param reason why readers have no place for one
   */
  public ReaderRules headStays(String reason) {
    plan.layout()
        .head()
        .filter(_ -> plan.compressesHead())
        .ifPresent(head -> broken.add(new BrokenRule(reason, List.of(head.name()))));
    return this;
  }

  /** Layers that a runtime fuses into one: those of a block that share their input. */
  public ReaderRules fusedAlike() {
    Map<Object, List<LinearLayer>> fused =
        plan.layout().linears().stream()
            .collect(
                groupingBy(
                    layer -> List.of(layer.block(), layer.site()), LinkedHashMap::new, toList()));
    Map<LinearLayer, LayerPlan> plans = new LinkedHashMap<>();
    plan.layers().forEach(layer -> plans.put(layer.layer(), layer));
    List<String> names = new ArrayList<>();
    for (List<LinearLayer> layers : fused.values()) {
      long schemes =
          layers.stream()
              .map(layer -> Optional.ofNullable(plans.get(layer)).map(LayerPlan::constraint))
              .map(constraint -> constraint.flatMap(Constraint::grid).map(Grid::describe))
              .distinct()
              .count();
      if (schemes > 1) {
        layers.forEach(layer -> names.add(layer.name()));
      }
    }
    if (!names.isEmpty()) {
      broken.add(
          new BrokenRule(
              "runtimes fuse the layers of a block that share their input (q/k/v, gate/up), so"
                  + " these must have the same bits, group size and symmetry",
              names));
    }
    return this;
  }

  /** The kinds of grids in a plan. */
  static List<String> schemes(ModelPlan plan) {
    return plan.layers().stream()
        .flatMap(layer -> layer.grid().stream())
        .map(ReaderRules::scheme)
        .distinct()
        .toList();
  }

  /** A kind of grid in words. */
  static String scheme(IntegerGrid grid) {
    return grid.describe();
  }
}
