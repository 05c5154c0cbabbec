// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.walk;

import dev.awp.AwpException;
import dev.awp.calibration.CalibrationSet;
import dev.awp.calibration.saved.MomentsManifest;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.UntiedHead;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.Target;
import dev.awp.compress.estimate.DryRun;
import dev.awp.compress.estimate.LeftOut;
import dev.awp.compress.estimate.PreparedRun;
import dev.awp.compress.estimate.WorkEstimate;
import dev.awp.compress.measure.ErrorCurves;
import dev.awp.compress.memory.MemoryNeeds;
import dev.awp.compress.memory.MemoryPlan;
import dev.awp.compress.memory.PhysicalMemory;
import dev.awp.compress.plan.FusedScales;
import dev.awp.compress.plan.GridDefaults;
import dev.awp.compress.plan.LayerPlanner;
import dev.awp.compress.plan.LayerPlanner.Allocated;
import dev.awp.compress.plan.RunChecks;
import dev.awp.compress.plan.Schemes;
import dev.awp.compress.plan.TunedBlocks;
import dev.awp.compress.run.PhaseClock;
import dev.awp.compress.run.PhaseClock.Phase;
import dev.awp.compress.run.StatisticsWarnings;
import dev.awp.compress.run.WeightScan;
import dev.awp.compress.structured.PrunedCheckpoint;
import dev.awp.compress.structured.PruningEstimate;
import dev.awp.compress.structured.StructurePlan;
import dev.awp.compute.Compute;
import dev.awp.eval.Evaluator;
import dev.awp.format.ModelPlan;
import dev.awp.format.OutputFormat;
import dev.awp.format.gguf.GgufFormat;
import dev.awp.format.registry.OutputFormats;
import dev.awp.model.ModelLayout;
import dev.awp.model.forward.TransformerModel;
import dev.awp.recipe.Recipe;
import dev.awp.report.PlanReport;
import dev.awp.report.StructureReport;
import dev.awp.text.Tokenizers;
import dev.awp.text.drawing.Texts;
import dev.awp.tokenizer.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * All that comes before the first layer: the model as it will be compressed, what is refused of it
 * and of the options, texts, memory and the constraint of every layer.
 */
final class RunPreparation {
  private final CompressionOptions options;
  private final Compute compute;
  private final CompressionListener listener;
  private final Checkpoint original;
  private final Checkpoint checkpoint;
  private final ModelLayout whole;
  private final ModelLayout layout;
  private final LayerPlanner planner;
  private final List<String> assumed;

  /** The same with other shapes that the model may get, while it is only planned. */
  private final List<RunPreparation> alternatives;

  /**
   * A walk through a model.
   *
   * @param original as it is read
   * @param whole its layout
   * @param checkpoint the model whose layers are compressed: the original, or what is left of it
   * @param alternatives to that
   */
  private RunPreparation(
      CompressionOptions options,
      Compute compute,
      CompressionListener listener,
      Checkpoint original,
      ModelLayout whole,
      Checkpoint checkpoint,
      List<RunPreparation> alternatives) {
    this.alternatives = alternatives;
    this.original = original;
    this.whole = whole;
    this.checkpoint = shown(options, checkpoint);
    this.layout = ModelLayout.of(this.checkpoint.config());
    GridDefaults defaults = new GridDefaults(options.recipe(), options.formats(), layout);
    Recipe recipe = defaults.settled();
    this.options = options.withRecipe(recipe);
    this.assumed = defaults.warnings();
    this.compute = compute;
    this.listener = listener;
    this.planner = new LayerPlanner(this.options, this.checkpoint, layout);
  }

  /** Of the model as it will be when its layers are compressed, all of it checked. */
  static RunPreparation of(
      CompressionOptions options,
      Compute compute,
      CompressionListener listener,
      Checkpoint original) {
    ModelLayout whole = ModelLayout.of(original.config());
    if (options.structure().isEmpty()) {
      return new RunPreparation(options, compute, listener, original, whole, original, List.of());
    }
    RunChecks.checkDense(original);
    whole.check(original::tensor);
    StructurePlan plan = new StructurePlan(options.structure().get(), original.config());
    plan.checkMemory(
        Runtime.getRuntime().maxMemory(),
        options.memoryLimit(),
        options.target() == Target.PROPAGATED);
    List<RunPreparation> candidates = new ArrayList<>();
    for (StructureReport.Shape shape : plan.candidates().reversed()) {
      RunPreparation candidate =
          new RunPreparation(
              options,
              compute,
              listener,
              original,
              whole,
              new PrunedCheckpoint(original, shape),
              List.copyOf(candidates));
      candidate.checked(candidate.planner.schemes());
      candidates.add(candidate);
    }
    return candidates.getLast();
  }

  /** The model as its outputs have it, with a head of its own where that is to be compressed. */
  private static Checkpoint shown(CompressionOptions options, Checkpoint model) {
    Checkpoint checkpoint = model;
    for (OutputFormat format : options.formats()) {
      checkpoint = format.shown(checkpoint);
    }
    // A GGUF file has the embedding in the type of the output head that it is.
    boolean gguf = options.formats().stream().anyMatch(GgufFormat.class::isInstance);
    boolean blocks = options.recipe().defaults().blocks().isPresent();
    boolean own = options.recipe().head() && !(gguf && blocks);
    return own ? UntiedHead.of(checkpoint) : checkpoint;
  }

  /** The same of what is left of the model. */
  RunPreparation of(Checkpoint pruned) {
    return new RunPreparation(options, compute, listener, original, whole, pruned, List.of());
  }

  /** As they were given, but for what was left to the model. */
  CompressionOptions options() {
    return options;
  }

  /** The model as it is read. */
  Checkpoint original() {
    return original;
  }

  /** Its layout. */
  ModelLayout whole() {
    return whole;
  }

  /** The model whose layers are compressed: the original, or what is left of it. */
  Checkpoint checkpoint() {
    return checkpoint;
  }

  /** Its layout. */
  ModelLayout layout() {
    return layout;
  }

  /**
   * Checks and plans.
   *
   * @param scan reads the weights, and takes sums of their files where they are needed
   * @param estimated whether nothing is to be measured
   */
  PreparedRun prepare(Supplier<Map<Path, String>> scan, boolean estimated, PhaseClock clock) {
    Optional<String> requantized = RunChecks.checkOriginal(checkpoint, options.requantize());
    List<String> structure =
        structurePlan().map(pruning -> pruning.sentences(drifts())).orElse(List.of());
    structure.forEach(listener::step);
    assumed.forEach(listener::step);
    planner.changes().forEach(listener::step);
    layout.check(checkpoint::tensor);
    Optional<MomentsManifest> statistics =
        options.calibration().statistics().map(MomentsManifest::read);
    boolean texts = !options.calibration().files().isEmpty();
    if (!texts && planner.needsErrors()) {
      throw new AwpException(
          "the budget is shared by what errors do to the model on texts: --calibration names them");
    }
    Schemes first = planner.schemes();
    if (!planner.isBudgeted() || options.recipe().defaults().ladder().isPresent()) {
      var _ = checked(first);
    }
    planner.checkBudget();
    int length =
        statistics
            .filter(_ -> !texts)
            .map(saved -> saved.identity().length())
            .orElseGet(() -> RunChecks.windowLength(options.calibration(), checkpoint.config()));
    Evaluator.checkWindow(options.evaluation(), layout, length);
    try (Tokenizer tokenizer = Tokenizers.open(checkpoint.companions())) {
      CalibrationSet calibration =
          texts ? calibration(tokenizer, length) : CalibrationSet.none(length);
      Evaluator evaluator =
          Evaluator.of(
              options.evaluation(),
              layout,
              length,
              files -> texts(files, tokenizer),
              compute,
              listener);
      MemoryPlan memory = memory(calibration, evaluator);
      Map<Path, String> weights = scan.get();
      Allocated allocated = estimated ? estimated() : schemes(calibration, memory, clock);
      Schemes schemes = allocated.schemes();
      ModelPlan plan =
          new FusedScales(checkpoint, compute).settle(checked(schemes), options.formats());
      Set<String> warnings = new LinkedHashSet<>(RunChecks.warnings(plan, options.formats()));
      warnings.addAll(tokenizer.warnings());
      requantized.ifPresent(warnings::add);
      warnings.addAll(assumed);
      warnings.addAll(planner.changes());
      if (options.tuning() > 0) {
        warnings.addAll(new TunedBlocks(plan).warnings());
      }
      statistics.ifPresent(saved -> warnings.addAll(StatisticsWarnings.of(saved, compute)));
      Stream.concat(calibration.files().stream(), evaluator.files().stream())
          .flatMap(file -> file.warning().stream())
          .forEach(warnings::add);
      return new PreparedRun(
          weights,
          calibration,
          evaluator,
          memory,
          schemes,
          plan,
          statistics,
          List.copyOf(warnings),
          structure,
          allocated.budget());
    }
  }

  /**
   * What a run would do.
   *
   * @param estimated whether nothing was measured
   * @param seconds that the preparation took
   */
  PlanReport report(PreparedRun prepared, boolean estimated, double seconds) {
    LeftOut leftOut = leftOut(prepared.calibration(), estimated);
    return new DryRun(options, checkpoint, layout, prepared, leftOut, seconds, compute).report();
  }

  private LeftOut leftOut(CalibrationSet calibration, boolean estimated) {
    LeftOut budget =
        estimated && planner.needsErrors()
            ? new LeftOut(
                WorkEstimate.measure(layout, planner.candidates(), calibration, compute),
                List.of(
                    "estimated: the budget is shared by measured errors; here as if all layers lost"
                        + " alike, and memory is that of the most that each may get"))
            : LeftOut.NONE;
    return isOnlyPlanned()
        ? new PruningEstimate(options, whole).leftOut(calibration).and(budget)
        : budget;
  }

  private CalibrationSet calibration(Tokenizer tokenizer, int length) {
    listener.step("tokenizing " + options.calibration().files());
    return CalibrationSet.load(
        texts(options.calibration().files(), tokenizer),
        options.calibration().sequences(),
        length,
        options.calibration().seed());
  }

  private boolean drifts() {
    return options.target() == Target.PROPAGATED;
  }

  Optional<StructurePlan> structurePlan() {
    return options.structure().map(wanted -> new StructurePlan(wanted, original.config()));
  }

  /** Whether the model is not there yet: its shapes are known, and not its weights. */
  boolean isOnlyPlanned() {
    return options.structure().isPresent() && checkpoint.folder().equals(original.folder());
  }

  private Texts texts(List<Path> files, Tokenizer tokenizer) {
    return Texts.of(files, options.texts(), checkpoint.companions(), tokenizer, listener);
  }

  /** What the formats' readers will take. */
  private ModelPlan checked(Schemes schemes) {
    ModelPlan plan =
        RunChecks.plan(checkpoint, layout, schemes, options.formats(), options.maxShardBytes());
    OutputFormats.check(options.formats(), plan);
    return plan;
  }

  private Allocated estimated() {
    return new Allocated(
        planner.isBudgeted() ? planner.estimate() : planner.schemes(), Optional.empty());
  }

  /** Measures first where a budget has to be shared. */
  private Allocated schemes(CalibrationSet calibration, MemoryPlan memory, PhaseClock clock) {
    if (!planner.isBudgeted() || isOnlyPlanned()) {
      return new Allocated(planner.schemes(), Optional.empty());
    }
    if (!planner.needsErrors()) {
      return planner.allocate(Map.of());
    }
    TransformerModel model = new TransformerModel(layout, checkpoint::tensor, compute);
    return planner.allocate(
        clock.during(
            Phase.MEASURING,
            () ->
                ErrorCurves.measure(
                    model,
                    planner.candidates(),
                    calibration,
                    memory,
                    scratch(),
                    compute,
                    listener)));
  }

  /** The folder that is nearest to the output and exists. */
  private Path scratch() {
    Path folder = options.output().toAbsolutePath().normalize();
    while (!Files.isDirectory(folder)) {
      folder = folder.getParent();
    }
    return folder;
  }

  /** Of a model that is only planned, that of the largest which it may become. */
  private MemoryPlan memory(CalibrationSet calibration, Evaluator evaluator) {
    MemoryPlan own = memory(layout, planner.largest(compute.workers()), calibration, evaluator);
    if (!isOnlyPlanned()) {
      return own;
    }
    long block = memory(whole, Schemes.NONE, calibration, evaluator).bytes();
    return alternatives.stream()
        .map(
            other ->
                other.memory(
                    other.layout, other.planner.largest(compute.workers()), calibration, evaluator))
        .reduce(own, (some, other) -> some.bytes() < other.bytes() ? other : some)
        .atLeast(block + new PruningEstimate(options, whole).memoryBytes());
  }

  private MemoryPlan memory(
      ModelLayout of, Schemes schemes, CalibrationSet calibration, Evaluator evaluator) {
    int length = calibration.length();
    long tokens = calibration.tokens();
    MemoryNeeds needs =
        MemoryNeeds.of(
            options,
            of,
            schemes,
            tokens,
            length,
            calibration.isWeighted(),
            compute.workers(),
            compute.lower(),
            planner.needsErrors());
    return MemoryPlan.of(
        needs, evaluator.memoryBytes(), options.memoryLimit(), PhysicalMemory.bytes());
  }

  Map<Path, String> checkedWeights() {
    listener.step("checking the weights");
    new WeightScan(original, compute).check(whole.shapes().keySet());
    return Map.of();
  }

  /** Sums of the weights' files; the values are checked too, once for all parts of a run. */
  Map<Path, String> summedWeights(boolean checked) {
    listener.step("checking the weights");
    return new WeightScan(original, compute).sums(checked ? Set.of() : whole.shapes().keySet());
  }
}
