// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.plan;

import dev.awp.AwpException;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.ConstraintOptions;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.Sparsity;
import dev.awp.format.ModelPlan;
import dev.awp.format.PlannedSizes;
import dev.awp.format.gguf.GgufFormat;
import dev.awp.gguf.model.GgufForms;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.parallel.Workers;
import dev.awp.recipe.BlockChoice;
import dev.awp.recipe.Budget;
import dev.awp.recipe.Choice;
import dev.awp.recipe.LayerSettings;
import dev.awp.recipe.Recipe;
import dev.awp.recipe.TypeLadder;
import dev.awp.report.BudgetReport;
import dev.awp.solver.LayerShape;
import dev.awp.tensor.DType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/** Makes the schemes of a recipe for a model: all rules are checked before anything is computed. */
public final class LayerPlanner {
  /** Bits that a budget can give. */
  private static final List<Integer> BITS = List.of(2, 3, 4, 8);

  /** Distance of the shares of zeros that a budget can give, and how many lie on either side. */
  private static final double RATIO_STEP = 0.05;

  private static final int RATIO_STEPS = 6;

  private final CompressionOptions options;
  private final Recipe recipe;
  private final Checkpoint checkpoint;
  private final ModelLayout layout;
  private final Map<LinearLayer, LayerSettings> settled = new LinkedHashMap<>();
  private final Optional<GgufForms> forms;
  private final List<String> changes;

  /**
   * Settles a recipe's rules.
   *
   * @param options whose recipe says all
   * @param layout has a head of its own where the recipe has it compressed
   * @throws AwpException for rules that do not fit the model
   */
  public LayerPlanner(CompressionOptions options, Checkpoint checkpoint, ModelLayout layout) {
    this.options = options;
    this.recipe = options.recipe();
    this.checkpoint = checkpoint;
    this.layout = layout;
    List<LinearLayer> layers = new ArrayList<>(layout.linears());
    boolean ends = recipe.head() && givesEnds(recipe);
    if (recipe.head()) {
      if (ends && layout.head().isPresent()) {
        settled.put(layout.tokenLayer(), recipe.defaults());
      }
      layers.add(layout.head().or(() -> embedding(recipe, layout)).orElseThrow());
    }
    settled.putAll(recipe.settle(layers, layout.config().layers()));
    this.forms = isGguf() ? Optional.of(new GgufForms(layout.config())) : Optional.empty();
    List<String> told = new ArrayList<>();
    if (ends && !(recipe.defaults().sparsity() instanceof Choice.None)) {
      Set<String> names = layout.ends();
      settled.replaceAll(
          (layer, settings) -> names.contains(layer.weight()) ? unpruned(settings) : settings);
      told.add(
          "the embedding and the output head get types, and no zeros: those are for the layers of"
              + " blocks, and for what a rule names");
    }
    forms.ifPresent(own -> told.addAll(BlockTypes.settle(settled, layout, own)));
    this.changes = List.copyOf(told);
  }

  /** Without the zeros that all layers are to have. */
  private LayerSettings unpruned(LayerSettings settings) {
    return settings.sparsity().equals(recipe.defaults().sparsity())
        ? settings.toBuilder().sparsity(new Choice.None<>()).build()
        : settings;
  }

  /** Groups that share a scale are shorter elsewhere than GGUF's blocks. */
  private boolean isGguf() {
    return options.formats().stream().anyMatch(GgufFormat.class::isInstance);
  }

  /** Whether a type is given to the embedding too. */
  private static boolean givesEnds(Recipe recipe) {
    LayerSettings all = recipe.defaults();
    return all.blocks().flatMap(BlockChoice::mixture).isPresent() || all.ladder().isPresent();
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

  /** The schemes; where budgets decide, those of the smallest candidates. */
  public Schemes schemes() {
    return schemes((_, all) -> all.getFirst());
  }

  /** The schemes; where budgets decide, those that need the most memory. */
  public Schemes largest(Workers workers) {
    return schemes(
        (layer, all) ->
            all.stream()
                .max(Comparator.comparingLong(some -> memory(layer, some, workers)))
                .orElseThrow());
  }

  private long memory(LinearLayer layer, LayerSettings settings, Workers workers) {
    Schemes.Scheme scheme = scheme(layer, settings);
    return scheme
        .solver()
        .memoryBytes(
            new LayerShape(
                layer.rows(), layer.columns(), scheme.constraint().forStorage(DType.F32), workers));
  }

  private Schemes schemes(BiFunction<LinearLayer, List<LayerSettings>, LayerSettings> choose) {
    Map<LinearLayer, LayerSettings> chosen = new LinkedHashMap<>();
    candidates().forEach((layer, all) -> chosen.put(layer, choose.apply(layer, all)));
    return schemes(chosen);
  }

  private Schemes schemes(Map<LinearLayer, LayerSettings> settings) {
    return Schemes.of(settings.keySet(), layer -> Optional.of(scheme(layer, settings.get(layer))));
  }

  private Schemes.Scheme scheme(LinearLayer layer, LayerSettings settings) {
    ConstraintOptions constraint = ConstraintOptions.of(settings);
    try {
      return new Schemes.Scheme(
          constraint,
          options
              .solver()
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
            all.put(layer, candidates(layer, settings));
          }
        });
    return all;
  }

  private List<LayerSettings> candidates(LinearLayer layer, LayerSettings settings) {
    if (settings.ladder().isPresent()) {
      return ofLadder(layer, settings, settings.ladder().get());
    }
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

  private List<LayerSettings> ofLadder(
      LinearLayer layer, LayerSettings settings, TypeLadder ladder) {
    boolean zeros = !(settings.sparsity() instanceof Choice.None);
    int columns = layer.columns();
    int together = forms.map(own -> own.columnsTogether(layer.weight(), columns)).orElse(columns);
    return ladder.types(together, zeros).stream()
        .map(type -> settings.toBuilder().blocks(Optional.of(new BlockChoice.Same(type))).build())
        .toList();
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
      allotment(Map.of()).check();
    }
  }

  /**
   * Gives every layer one of its candidates.
   *
   * @param errors of every candidate, in the unit in which they can be added; none where {@link
   *     #needsErrors} says so
   * @throws AwpException where the budget is too small
   */
  public Allocated allocate(Map<LinearLayer, List<Double>> errors) {
    Allotment.Chosen chosen = allotment(errors).choose();
    return new Allocated(schemes(chosen.settings()), chosen.budget());
  }

  /**
   * A budget, shared.
   *
   * @param budget what others would have cost, where that is known
   */
  public record Allocated(Schemes schemes, Optional<BudgetReport> budget) {}

  /**
   * As {@link #allocate}, for who has not measured: as if every layer lost alike by what is taken
   * from each of its weights, 4^-b by b bits and the square of the share of zeros.
   */
  public Schemes estimate() {
    Map<LinearLayer, List<Double>> errors = new LinkedHashMap<>();
    if (needsErrors()) {
      candidates()
          .forEach(
              (layer, all) -> errors.put(layer, all.stream().map(s -> loss(layer, s)).toList()));
    }
    return allocate(errors).schemes();
  }

  private double loss(LinearLayer layer, LayerSettings settings) {
    double weights = PackedSize.weights(layer);
    if (recipe.budget().orElseThrow() instanceof Budget.Zeros) {
      double zeros = 1 - Allotment.kept(layer, settings) / weights;
      return weights * zeros * zeros;
    }
    DType storage = checkpoint.tensor(layer.weight()).type().written();
    double bits = PackedSize.bits(layer, ConstraintOptions.of(settings), storage) / weights;
    return weights * Math.pow(4, -bits);
  }

  private Allotment allotment(Map<LinearLayer, List<Double>> errors) {
    Map<LinearLayer, List<LayerSettings>> all = candidates();
    Budget budget = recipe.budget().orElseThrow();
    Optional<PlannedSizes> sizes =
        options.formats().stream().flatMap(format -> format.sizes().stream()).findFirst();
    Prices prices =
        sizes.isPresent() && !(budget instanceof Budget.Zeros)
            ? new FilePrices(all, recipe.fused(), sizes.get(), this::plan)
            : new PackedPrices(all, recipe.fused(), checkpoint);
    return new Allotment(budget, all, prices, errors);
  }

  private ModelPlan plan(Map<LinearLayer, LayerSettings> settings) {
    return RunChecks.plan(
        checkpoint, layout, schemes(settings), options.formats(), options.maxShardBytes());
  }
}
