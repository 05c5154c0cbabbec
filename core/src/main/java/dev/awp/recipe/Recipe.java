// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.recipe;

import dev.awp.AwpException;
import dev.awp.model.LinearLayer;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is to become of the layers of any model: settings for all, and rules for some of them.
 *
 * @param defaults for layers that no rule says anything about
 * @param rules later ones win
 * @param head whether the head, lm_head, is compressed too
 * @param fused whether layers that share their inputs must share a scheme, as readers that fuse
 *     q/k/v and gate/up need it
 * @param budget what all layers together may take
 */
public record Recipe(
    LayerSettings defaults,
    List<LayerRule> rules,
    boolean head,
    boolean fused,
    Optional<Budget> budget) {
  /** Leaves all layers alone, where the model itself becomes another. */
  public static final Recipe NOTHING = uniform(LayerSettings.builder().ignore(true).build());

  public Recipe {
    rules = List.copyOf(rules);
  }

  /** Whether all layers are to be left alone. */
  public boolean isNothing() {
    return defaults.ignore() && rules.isEmpty() && !head;
  }

  /** The same settings for the layers of all blocks. */
  public static Recipe uniform(LayerSettings settings) {
    return new Recipe(settings, List.of(), false, false, Optional.empty());
  }

  /** The same with other settings for layers that no rule says anything about. */
  public Recipe withDefaults(LayerSettings settings) {
    return new Recipe(settings, rules, head, fused, budget);
  }

  /**
   * The same, for readers that fuse layers: where a budget decides about bits, layers that share
   * their inputs share a scheme.
   */
  public Recipe forFusedReaders() {
    boolean decidesBits = budget.isPresent() && !(budget.get() instanceof Budget.Zeros);
    return new Recipe(defaults, rules, head, fused || decidesBits, budget);
  }

  /**
   * The settings of every layer.
   *
   * @param layers those that can be compressed, in the order in which data flows through them
   * @param blocks decoder blocks of the model
   * @throws AwpException for rules that select nothing, layers that nothing is said about, and
   *     where all are left alone
   */
  public Map<LinearLayer, LayerSettings> settle(Collection<LinearLayer> layers, int blocks) {
    rules.forEach(rule -> rule.check(layers, blocks));
    Map<LinearLayer, LayerSettings> settled = new LinkedHashMap<>();
    for (LinearLayer layer : layers) {
      LayerSettings settings = defaults;
      for (LayerRule rule : rules) {
        settings = rule.matches(layer, blocks) ? rule.apply(settings) : settings;
      }
      if (!settings.ignore()
          && settings.sparsity() instanceof Choice.None
          && settings.bits() instanceof Choice.None
          && settings.blocks().isEmpty()) {
        throw new AwpException(
            "%s: the recipe gives this layer neither a sparsity nor bits; 'ignore: true' leaves it alone"
                .formatted(layer.name()));
      }
      settled.put(layer, settings);
    }
    if (!isNothing() && settled.values().stream().allMatch(LayerSettings::ignore)) {
      throw new AwpException("the recipe leaves all layers alone, there is nothing to do");
    }
    if (fused) {
      FusedLayers.check(settled);
    }
    return settled;
  }
}
