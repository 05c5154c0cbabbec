// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.plan;

import dev.awp.AwpException;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.compress.ConstraintOptions;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.Sparsity;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.recipe.BlockChoice;
import dev.awp.recipe.Budget;
import dev.awp.recipe.Choice;
import dev.awp.recipe.LayerSettings;
import dev.awp.recipe.Recipe;
import dev.awp.solver.registry.SolverOptions;
import dev.awp.tensor.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes the schemes of a recipe for a model: all rules are checked before anything is computed. */
public final class LayerPlanner {
  /** Bits that a budget can give. */
  private static final List<Integer> BITS = List.of(2, 3, 4, 8);

  /** Distance of the shares of zeros that a budget can give, and how many lie on either side. */
  private static final double RATIO_STEP = 0.05;

  private static final int RATIO_STEPS = 6;

  private final Recipe recipe;
  private final SolverOptions solver;
  private final Checkpoint checkpoint;
  private final Map<LinearLayer, LayerSettings> settled = new LinkedHashMap<>();
  private final List<String> changes;

  /**
   * Settles a recipe's rules.
   *
   * @param solver where the recipe names no other
   * @param layout has a head of its own where the recipe has it compressed
   * @throws AwpException for rules that do not fit the model
   */
  public LayerPlanner(
      Recipe recipe, SolverOptions solver, Checkpoint checkpoint, ModelLayout layout) {
    this.recipe = recipe;
    this.solver = solver;
    this.checkpoint = checkpoint;
    List<LinearLayer> layers = new ArrayList<>(layout.linears());
    if (recipe.head()) {
      if (mixes(recipe) && layout.head().isPresent()) {
        settled.put(layout.tokenLayer(), recipe.defaults());
      }
      layers.add(layout.head().or(() -> embedding(recipe, layout)).orElseThrow());
    }
    settled.putAll(recipe.settle(layers, layout.config().layers()));
    this.changes = BlockTypes.settle(settled, layout);
  }

  private static boolean mixes(Recipe recipe) {
    return recipe.defaults().blocks().flatMap(BlockChoice::mixture).isPresent();
  }

  /** A GGUF file has the embedding in the type of the output head that it is. */
  private static Optional<LinearLayer> embedding(Recipe recipe, ModelLayout layout) {
    return recipe.defaults().blocks().map(_ -> layout.tiedHead());
  }

  /** Which layers have another type than what was asked for, a sentence each. */
  public List<String> changes() {
    return changes;
  }

  /** Whether {@link #allocate} needs the errors of the candidates. */
  public boolean needsErrors() {
    return isBudgeted() && recipe.budget().orElseThrow().sharing() == Budget.Sharing.ERROR;
  }

  /** Whether the schemes are those of {@link #allocate}. */
  public boolean isBudgeted() {
    return settled.values().stream().anyMatch(LayerSettings::isBudgeted);
  }

  /** The schemes; where budgets decide, some that need the same memory. */
  public Schemes schemes() {
    Map<LinearLayer, LayerSettings> first = new LinkedHashMap<>();
    candidates().forEach((layer, all) -> first.put(layer, all.getFirst()));
    return schemes(first);
  }

  private Schemes schemes(Map<LinearLayer, LayerSettings> settings) {
    return Schemes.of(settings.keySet(), layer -> Optional.of(scheme(layer, settings.get(layer))));
  }

  private Schemes.Scheme scheme(LinearLayer layer, LayerSettings settings) {
    ConstraintOptions constraint = ConstraintOptions.of(settings);
    try {
      return new Schemes.Scheme(
          constraint,
          solver
              .with(settings.solver(), settings.effort())
              .create(constraint.forStorage(DType.F32)));
    } catch (AwpException e) {
      throw recipe.rules().isEmpty()
          ? e
          : new AwpException(layer.name() + ": " + e.getMessage(), e);
    }
  }

  /**
   * What each layer that is compressed may become: one thing, or several where a budget decides.
   */
  public Map<LinearLayer, List<LayerSettings>> candidates() {
    Map<LinearLayer, List<LayerSettings>> all = new LinkedHashMap<>();
    settled.forEach(
        (layer, settings) -> {
          if (!settings.ignore()) {
            all.put(layer, candidates(settings));
          }
        });
    return all;
  }

  private List<LayerSettings> candidates(LayerSettings settings) {
    if (settings.bits().isBudgeted()) {
      return BITS.stream()
          .map(bits -> settings.toBuilder().bits(new Choice.Fixed<>(bits)).build())
          .toList();
    }
    if (settings.sparsity().isBudgeted()
        && recipe.budget().orElseThrow() instanceof Budget.Zeros(double target, var _)) {
      return ratios(target).stream()
          .<Sparsity>map(RowSparsity::new)
          .map(sparsity -> settings.toBuilder().sparsity(new Choice.Fixed<>(sparsity)).build())
          .toList();
    }
    return List.of(settings);
  }

  /** The target itself, and others around it. */
  private static List<Double> ratios(double target) {
    List<Double> ratios = new ArrayList<>();
    for (int step = -RATIO_STEPS; step <= RATIO_STEPS; step++) {
      double ratio = target + step * RATIO_STEP;
      if (step == 0 || (ratio >= RATIO_STEP / 2 && ratio <= 1 - RATIO_STEP / 2)) {
        ratios.add(ratio);
      }
    }
    return ratios;
  }

  /** Refuses a budget that no choice can keep, before anything is measured. */
  public void checkBudget() {
    if (isBudgeted()) {
      new Allotment(recipe, checkpoint, candidates(), Map.of()).check();
    }
  }

  /**
   * Gives every layer one of its candidates.
   *
   * @param errors of every candidate, in the unit in which they can be added; none where {@link
   *     #needsErrors} says so
   * @throws AwpException where the budget is too small
   */
  public Schemes allocate(Map<LinearLayer, List<Double>> errors) {
    Allotment allotment = new Allotment(recipe, checkpoint, candidates(), errors);
    return schemes(allotment.choose());
  }
}
