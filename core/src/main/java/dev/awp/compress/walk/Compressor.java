// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.walk;

import dev.awp.AwpException;
import dev.awp.blas.Precision;
import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.CalibrationSet;
import dev.awp.calibration.saved.MomentsIdentity;
import dev.awp.calibration.saved.MomentsManifest;
import dev.awp.calibration.saved.SavedMoments;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.UntiedHead;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.Propagation;
import dev.awp.compress.Start;
import dev.awp.compress.Target;
import dev.awp.compress.estimate.DryRun;
import dev.awp.compress.estimate.LeftOut;
import dev.awp.compress.estimate.PreparedRun;
import dev.awp.compress.estimate.WorkEstimate;
import dev.awp.compress.measure.ErrorCurves;
import dev.awp.compress.memory.MemoryNeeds;
import dev.awp.compress.memory.MemoryPlan;
import dev.awp.compress.memory.PeakMemory;
import dev.awp.compress.memory.PhysicalMemory;
import dev.awp.compress.plan.FusedScales;
import dev.awp.compress.plan.GridDefaults;
import dev.awp.compress.plan.LayerPlanner;
import dev.awp.compress.plan.LayerPlanner.Allocated;
import dev.awp.compress.plan.RunChecks;
import dev.awp.compress.plan.Schemes;
import dev.awp.compress.plan.TunedBlocks;
import dev.awp.compress.run.CalibrationIdentity;
import dev.awp.compress.run.FileSums;
import dev.awp.compress.run.InputFiles;
import dev.awp.compress.run.ModelOutput;
import dev.awp.compress.run.PhaseClock;
import dev.awp.compress.run.PhaseClock.Phase;
import dev.awp.compress.run.RunDescription;
import dev.awp.compress.run.RunIdentity;
import dev.awp.compress.run.SavedLayers;
import dev.awp.compress.run.SavedSteps;
import dev.awp.compress.run.StatisticsWarnings;
import dev.awp.compress.run.UnfinishedRun;
import dev.awp.compress.run.WeightScan;
import dev.awp.compress.structured.PrunedCheckpoint;
import dev.awp.compress.structured.PruningEstimate;
import dev.awp.compress.structured.StructurePlan;
import dev.awp.compress.structured.StructuredPass;
import dev.awp.compress.walk.BlockCompressor.Streams;
import dev.awp.compute.Compute;
import dev.awp.disk.FileStamps;
import dev.awp.disk.OutputFolder;
import dev.awp.eval.Evaluator;
import dev.awp.eval.References;
import dev.awp.format.ModelPlan;
import dev.awp.format.OutputFormat;
import dev.awp.format.gguf.GgufFormat;
import dev.awp.format.registry.OutputFormats;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.forward.TransformerModel;
import dev.awp.recipe.Recipe;
import dev.awp.report.LayerReport;
import dev.awp.report.PerplexityReport;
import dev.awp.report.PlanReport;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import dev.awp.report.StructureReport;
import dev.awp.report.page.HtmlReport;
import dev.awp.stored.ReadAhead;
import dev.awp.stored.StoredTensor;
import dev.awp.text.TokenWindow;
import dev.awp.text.Tokenizers;
import dev.awp.text.drawing.Texts;
import dev.awp.text.file.PipedTexts;
import dev.awp.tokenizer.Tokenizer;
import dev.awp.tuning.TuningOptions;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The walk: checkpoint, calibration, solve, store, report. Everything that can be refused is
 * refused before the first layer is solved.
 */
public final class Compressor {
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
  private final List<Compressor> alternatives;

  /**
   * A walk through a model.
   *
   * @param original as it is read
   * @param whole its layout
   * @param checkpoint the model whose layers are compressed: the original, or what is left of it
   * @param alternatives to that
   */
  private Compressor(
      CompressionOptions options,
      Compute compute,
      CompressionListener listener,
      Checkpoint original,
      ModelLayout whole,
      Checkpoint checkpoint,
      List<Compressor> alternatives) {
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

  /** As the other method, going on with an unfinished run where there is one. */
  public static RunReport run(
      CompressionOptions options, String version, Compute compute, CompressionListener listener) {
    return run(options, Start.CONTINUE, version, compute, listener);
  }

  /**
   * Compresses a checkpoint folder into another. Finished layers survive the process beside the
   * output folder, and the next run of the same options and inputs goes on after them: to the same
   * bytes as if nothing had happened.
   *
   * @param start what becomes of an unfinished run
   * @param version of the program, for the report
   * @return the report, which also lies in the output folder
   * @throws AwpException for bad input, and for a step that failed; the output folder then does not
   *     exist, and nothing is left where no layer was finished
   */
  public static RunReport run(
      CompressionOptions options,
      Start start,
      String version,
      Compute compute,
      CompressionListener listener) {
    RunChecks.checkFolders(options.model(), options.output());
    if (OutputFolder.finishedBefore(options.place())) {
      listener.step(options.output() + ": the run had finished");
      return ReportFile.read(options.output());
    }
    OutputFolder.checkFree(options.place());
    try (PipedTexts pipes = new PipedTexts(listener)) {
      CompressionOptions kept = options.withTexts(pipes::keep);
      FileStamps stamps = InputFiles.stamps(kept);
      try (Checkpoint original = Checkpoints.open(kept.model())) {
        FileStamps inputs = InputFiles.stamps(stamps, original, kept);
        return of(kept, compute, listener, original).run(start, inputs, version);
      }
    }
  }

  /** Of the model as it will be when its layers are compressed, all of it checked. */
  private static Compressor of(
      CompressionOptions options,
      Compute compute,
      CompressionListener listener,
      Checkpoint original) {
    ModelLayout whole = ModelLayout.of(original.config());
    if (options.structure().isEmpty()) {
      return new Compressor(options, compute, listener, original, whole, original, List.of());
    }
    RunChecks.checkDense(original);
    whole.check(original::tensor);
    StructurePlan plan = new StructurePlan(options.structure().get(), original.config());
    plan.checkMemory(
        Runtime.getRuntime().maxMemory(),
        options.memoryLimit(),
        options.target() == Target.PROPAGATED);
    List<Compressor> candidates = new ArrayList<>();
    for (StructureReport.Shape shape : plan.candidates().reversed()) {
      Compressor candidate =
          new Compressor(
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

  /**
   * Everything of a compression that comes before its first layer, and nothing written.
   *
   * @return what {@link #run} would do
   * @throws AwpException for whatever it would refuse
   */
  public static PlanReport plan(
      CompressionOptions options, Compute compute, CompressionListener listener) {
    return plan(options, false, compute, listener);
  }

  /**
   * As the other method, by the shapes of the model alone: its weights are not looked at, and
   * nothing is measured for budgets, which takes as long as much of the run. What is estimated
   * instead stands in the report.
   */
  public static PlanReport estimate(
      CompressionOptions options, Compute compute, CompressionListener listener) {
    return plan(options, true, compute, listener);
  }

  private static PlanReport plan(
      CompressionOptions options,
      boolean estimated,
      Compute compute,
      CompressionListener listener) {
    RunChecks.checkFolders(options.model(), options.output());
    OutputFolder.checkFree(options.place());
    long start = System.nanoTime();
    try (PipedTexts pipes = new PipedTexts(listener);
        Checkpoint original = Checkpoints.open(options.model())) {
      CompressionOptions kept = options.withTexts(pipes::keep);
      Compressor compressor = of(kept, compute, listener, original);
      boolean all = estimated || compressor.isOnlyPlanned();
      PreparedRun prepared =
          compressor.prepare(
              estimated ? Map::of : compressor::checkedWeights, all, new PhaseClock());
      double seconds = (System.nanoTime() - start) / 1e9;
      return new DryRun(
              kept,
              compressor.checkpoint,
              compressor.layout,
              prepared,
              compressor.leftOut(prepared.calibration(), all),
              seconds,
              compute)
          .report();
    }
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

  /**
   * Checks and plans.
   *
   * @param scan reads the weights, and takes sums of their files where they are needed
   * @param estimated whether nothing is to be measured
   */
  private PreparedRun prepare(
      Supplier<Map<Path, String>> scan, boolean estimated, PhaseClock clock) {
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

  private Optional<StructurePlan> structurePlan() {
    return options.structure().map(wanted -> new StructurePlan(wanted, original.config()));
  }

  /** Whether the model is not there yet: its shapes are known, and not its weights. */
  private boolean isOnlyPlanned() {
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

  private RunReport run(Start start, FileStamps inputs, String version) {
    try (UnfinishedRun run = UnfinishedRun.open(options.place(), start)) {
      PhaseClock clock = run.clock();
      PreparedRun prepared = prepare(() -> summedWeights(run.isBegun()), false, clock);
      Map<String, Object> described =
          RunDescription.options(options, prepared.plan(), prepared.calibration());
      prepared.statistics().ifPresent(saved -> described.putAll(RunDescription.statistics(saved)));
      RunIdentity identity =
          RunIdentity.of(original, options, described, prepared.weights(), version, compute);
      run.check(identity);
      Begun begun = new Begun(run, identity, described, inputs, version);
      if (options.structure().isEmpty()) {
        return finish(begun, prepared, List.of());
      }
      SavedSteps steps = run.steps(identity, inputs);
      StructuredPass pass =
          new StructuredPass(options, original, prepared.calibration(), steps, compute, listener);
      StructureReport structure =
          clock.during(Phase.REMOVAL, () -> pass.run(structurePlan().orElseThrow()));
      try (Checkpoint pruned = Checkpoints.open(steps.folder())) {
        Compressor rest =
            new Compressor(options, compute, listener, original, whole, pruned, List.of());
        return rest.finish(begun, rest.prepare(Map::of, false, clock), List.of(structure));
      }
    }
  }

  /** A run that is known not to differ from what an earlier part of it was. */
  private record Begun(
      UnfinishedRun run,
      RunIdentity identity,
      Map<String, Object> described,
      FileStamps inputs,
      String version) {}

  private RunReport finish(Begun begun, PreparedRun prepared, List<StructureReport> structure) {
    UnfinishedRun run = begun.run();
    FileStamps inputs = begun.inputs();
    try (Arena arena = Arena.ofShared();
        ModelOutput output = run.output(options, prepared.plan(), compute, begun.version())) {
      Optional<SavedMoments> moments = savedMoments(prepared, begun.identity(), arena);
      SavedLayers saved =
          run.layers(output, begun.identity(), inputs, together(prepared), listener);
      try {
        PhaseClock clock = run.clock();
        List<LayerReport> layers =
            clock.during(
                Phase.CALIBRATION, () -> compress(prepared, moments, output, saved, clock));
        output.flush();
        List<PerplexityReport> perplexity =
            clock.during(Phase.EVALUATION, () -> evaluate(prepared.evaluator(), output));
        listener.step("checksums of the output");
        Map<String, RunReport.FileSum> files =
            clock.during(
                Phase.CHECKSUMS, () -> FileSums.below(output.workFolder(), compute.workers()));
        Map<Boolean, List<LayerReport>> restored =
            layers.stream()
                .collect(Collectors.partitioningBy(l -> saved.find(l.name()).isPresent()));
        RunReport report =
            new RunReport(
                begun.version(),
                RunDescription.environment(compute),
                begun.described(),
                begun.identity().inputs(),
                prepared.warnings(),
                RunReport.Summary.of(layers, run.elapsed()),
                PeakMemory.residentBytes().orElse(0),
                original.tensors().stream().mapToLong(StoredTensor::byteSize).sum(),
                run.phases(restored.get(true), restored.get(false)),
                RunDescription.texts(prepared.calibration(), prepared.evaluator()),
                perplexity,
                layers,
                files,
                structure,
                prepared.budget().stream().toList());
        ReportFile.write(report, output.workFolder());
        HtmlReport.write(report, output.workFolder());
        inputs.check();
        output.commit();
        return report;
      } catch (AwpException e) {
        saved.settle();
        Optional<String> change = inputs.change();
        if (change.isPresent()) {
          throw changed(change.get(), saved, e);
        }
        throw saved.count() == 0 ? e : resumable(e, saved, prepared.schemes());
      }
    }
  }

  /** The original beside what was written. */
  private List<PerplexityReport> evaluate(Evaluator evaluator, ModelOutput output) {
    try (References before = evaluator.references(whole, original::tensor)) {
      return evaluator.compare(before, output::read);
    }
  }

  /** Whatever else went wrong, a file that changed under the run is the reason to tell. */
  private AwpException changed(String change, SavedLayers saved, AwpException e) {
    String kept =
        saved.count() == 0
            ? ""
            : "; what was finished before is kept in %s.partial, and is gone on with where the file is what it was (else --restart)"
                .formatted(options.output());
    return new AwpException(change + ", so the result would not be that of one input" + kept, e);
  }

  private AwpException resumable(AwpException e, SavedLayers saved, Schemes schemes) {
    return new AwpException(
        "%s; %s of %s layers are saved, and the same command goes on after them"
            .formatted(e.getMessage(), saved.count(), schemes.layers().size()),
        e);
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

  private Map<Path, String> checkedWeights() {
    listener.step("checking the weights");
    new WeightScan(original, compute).check(whole.shapes().keySet());
    return Map.of();
  }

  /** Sums of the weights' files; the values are checked too, once for all parts of a run. */
  private Map<Path, String> summedWeights(boolean checked) {
    listener.step("checking the weights");
    return new WeightScan(original, compute).sums(checked ? Set.of() : whole.shapes().keySet());
  }

  private List<LayerReport> compress(
      PreparedRun prepared,
      Optional<SavedMoments> moments,
      ModelOutput output,
      SavedLayers saved,
      PhaseClock clock) {
    Schemes schemes = prepared.schemes();
    if (schemes.layers().isEmpty()) {
      return List.of();
    }
    int count = layout.config().layers();
    boolean head = !schemes.layers(count).isEmpty();
    List<LinearLayer> linears = schemes.layers();
    long work = linears.stream().mapToLong(LinearLayer::multiplyAdds).sum();
    listener.planned(count, linears.size(), work);
    if (saved.count() > 0) {
      listener.restored(saved.count(), saved.work(linears));
    }
    TransformerModel model = new TransformerModel(layout, checkpoint::tensor, compute);
    LayerCompressor layers =
        new LayerCompressor(schemes, prepared.plan(), output, compute, listener);
    MemoryPlan memory = prepared.memory();
    SiteCompressor sites =
        new SiteCompressor(
            model, layers, saved, options.ridge(), memory.spare(), compute, listener);
    EmbeddingCompressor embeddings = new EmbeddingCompressor(model, layers, saved, listener);
    List<LayerReport> reports = new ArrayList<>();
    schemes.layers(ModelLayout.BEFORE).forEach(layer -> reports.add(embeddings.compress(layer)));
    if (moments.isPresent()) {
      reports.addAll(
          new SavedBlocks(schemes, moments.get(), sites).compress(head ? count + 1 : count));
      return reports;
    }
    BlockCompressor blocks =
        new BlockCompressor(
            schemes,
            memory,
            model,
            output,
            sites,
            tuner(prepared, model, output, saved, clock),
            compute,
            listener);
    boolean dense = options.propagation() == Propagation.DENSE;
    List<TokenWindow> windows = prepared.calibration().windows();
    boolean embeds = !dense && !schemes.layers(ModelLayout.BEFORE).isEmpty();
    try (Arena arena = Arena.ofShared();
        ActivationStore embedded =
            embed(embeds ? written(model, output, arena) : model, windows, output);
        ActivationStore copy =
            options.target() != Target.PROPAGATED
                ? null
                : original(embeds, model, embedded, windows, output);
        ReadAhead readAhead = new ReadAhead()) {
      Streams streams =
          dense
              ? new Streams(Optional.empty(), Optional.of(embedded))
              : new Streams(Optional.of(embedded), Optional.ofNullable(copy));
      // Nothing is to be found out behind the last layer that is compressed.
      int end = linears.getLast().block() + 1;
      for (int block = 0; block < end; block++) {
        if (block < Math.min(count, end) - 1) {
          var _ = readAhead.fetch(weights(block + 1));
        }
        reports.addAll(blocks.compress(block, streams, block == end - 1));
      }
    }
    return reports;
  }

  private Optional<BlockTuner> tuner(
      PreparedRun prepared,
      TransformerModel model,
      ModelOutput output,
      SavedLayers saved,
      PhaseClock clock) {
    TuningOptions tuning = new TuningOptions(options.tuning(), options.calibration().seed());
    return tuning.steps() == 0
        ? Optional.empty()
        : Optional.of(
            new BlockTuner(tuning, model, prepared.plan(), output, saved, clock, compute));
  }

  /** Layers that are saved together. */
  private List<Set<String>> together(PreparedRun prepared) {
    return options.tuning() == 0 ? List.of() : new TunedBlocks(prepared.plan()).together();
  }

  private static ActivationStore embed(
      TransformerModel through, List<TokenWindow> windows, ModelOutput output) {
    return ActivationStore.embed(through, windows, output.scratchFolder());
  }

  /**
   * The activations that go through the original model: those of the first windows, as many as are
   * wanted, and as it takes for one token to count.
   */
  private ActivationStore original(
      boolean embeds,
      TransformerModel model,
      ActivationStore embedded,
      List<TokenWindow> windows,
      ModelOutput output) {
    int all = windows.size();
    int some = Math.max(1, (int) Math.ceil(options.targetShare() * all));
    while (some < all && embedded.weights().range(0, some * embedded.length()).counted() == 0) {
      some++;
    }
    return embeds ? embed(model, windows.subList(0, some), output) : embedded.copy(some);
  }

  /** The model with its embedding as it was written. */
  private TransformerModel written(TransformerModel model, ModelOutput output, Arena arena) {
    return model.with(output.read(arena).tensor(layout.embedding()));
  }

  /** Those that the run is given, if they were taken of what it would calibrate on. */
  private Optional<SavedMoments> savedMoments(
      PreparedRun prepared, RunIdentity identity, Arena arena) {
    Optional<Path> folder = options.calibration().statistics();
    if (folder.isEmpty()) {
      return Optional.empty();
    }
    Precision precision =
        compute.lower().isForced()
            ? compute.lower().candidates().getFirst().precision()
            : Precision.F32;
    SavedMoments moments =
        SavedMoments.open(folder.get(), prepared.statistics().orElseThrow(), compute, arena);
    MomentsIdentity wanted =
        prepared.calibration().windows().isEmpty()
            ? new MomentsIdentity(
                CalibrationIdentity.model(checkpoint, identity.inputs()),
                moments.identity().length(),
                precision.label(),
                moments.identity().windows())
            : CalibrationIdentity.of(
                options.calibration(),
                options.texts(),
                prepared.calibration(),
                checkpoint,
                identity.inputs(),
                precision);
    moments.check(wanted);
    prepared.schemes().layers().stream()
        .filter(layer -> layer.block() != ModelLayout.BEFORE)
        .forEach(moments::checkHas);
    return Optional.of(moments);
  }

  private List<StoredTensor> weights(int block) {
    return layout.linears(block).stream()
        .map(linear -> checkpoint.tensor(linear.weight()))
        .toList();
  }
}
