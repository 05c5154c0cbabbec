// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.walk;

import dev.awp.AwpException;
import dev.awp.calibration.saved.SavedMoments;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.Start;
import dev.awp.compress.estimate.PreparedRun;
import dev.awp.compress.memory.PeakMemory;
import dev.awp.compress.plan.RunChecks;
import dev.awp.compress.plan.Schemes;
import dev.awp.compress.plan.TunedBlocks;
import dev.awp.compress.run.FileSums;
import dev.awp.compress.run.InputFiles;
import dev.awp.compress.run.ModelOutput;
import dev.awp.compress.run.PhaseClock;
import dev.awp.compress.run.PhaseClock.Phase;
import dev.awp.compress.run.RunDescription;
import dev.awp.compress.run.RunIdentity;
import dev.awp.compress.run.SavedLayers;
import dev.awp.compress.run.SavedSteps;
import dev.awp.compress.run.UnfinishedRun;
import dev.awp.compress.structured.StructuredPass;
import dev.awp.compute.Compute;
import dev.awp.disk.FileStamps;
import dev.awp.disk.OutputFolder;
import dev.awp.eval.Evaluator;
import dev.awp.eval.References;
import dev.awp.report.LayerReport;
import dev.awp.report.PerplexityReport;
import dev.awp.report.PlanReport;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import dev.awp.report.StructureReport;
import dev.awp.report.page.HtmlReport;
import dev.awp.stored.StoredTensor;
import dev.awp.text.file.PipedTexts;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A compression: checkpoint, calibration, solve, store, report. Everything that can be refused is
 * refused before the first layer is solved.
 */
public final class Compressor {
  private final CompressionOptions options;
  private final RunPreparation preparation;
  private final Compute compute;
  private final CompressionListener listener;

  private Compressor(RunPreparation preparation, Compute compute, CompressionListener listener) {
    this.options = preparation.options();
    this.preparation = preparation;
    this.compute = compute;
    this.listener = listener;
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
        RunPreparation preparation = RunPreparation.of(kept, compute, listener, original);
        return new Compressor(preparation, compute, listener).run(start, inputs, version);
      }
    }
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
      RunPreparation preparation = RunPreparation.of(kept, compute, listener, original);
      boolean all = estimated || preparation.isOnlyPlanned();
      PreparedRun prepared =
          preparation.prepare(
              estimated ? Map::of : preparation::checkedWeights, all, new PhaseClock());
      return preparation.report(prepared, all, (System.nanoTime() - start) / 1e9);
    }
  }

  private RunReport run(Start start, FileStamps inputs, String version) {
    try (UnfinishedRun run = UnfinishedRun.open(options.place(), start)) {
      PhaseClock clock = run.clock();
      PreparedRun prepared =
          preparation.prepare(() -> preparation.summedWeights(run.isBegun()), false, clock);
      Map<String, Object> described =
          RunDescription.options(options, prepared.plan(), prepared.calibration());
      prepared.statistics().ifPresent(saved -> described.putAll(RunDescription.statistics(saved)));
      RunIdentity identity =
          RunIdentity.of(
              preparation.original(), options, described, prepared.weights(), version, compute);
      run.check(identity);
      Begun begun = new Begun(run, identity, described, inputs, version);
      if (options.structure().isEmpty()) {
        return finish(begun, prepared, List.of());
      }
      SavedSteps steps = run.steps(identity, inputs);
      StructuredPass pass =
          new StructuredPass(
              options, preparation.original(), prepared.calibration(), steps, compute, listener);
      StructureReport structure =
          clock.during(Phase.REMOVAL, () -> pass.run(preparation.structurePlan().orElseThrow()));
      try (Checkpoint pruned = Checkpoints.open(steps.folder())) {
        RunPreparation rest = preparation.of(pruned);
        PreparedRun last = rest.prepare(Map::of, false, clock);
        return new Compressor(rest, compute, listener).finish(begun, last, List.of(structure));
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
      LayerWalk walk = new LayerWalk(preparation, prepared, compute, listener);
      Optional<SavedMoments> moments = walk.savedMoments(begun.identity(), arena);
      SavedLayers saved =
          run.layers(output, begun.identity(), inputs, together(prepared), listener);
      try {
        PhaseClock clock = run.clock();
        List<LayerReport> layers =
            clock.during(Phase.CALIBRATION, () -> walk.compress(moments, output, saved, clock));
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
                preparation.original().tensors().stream().mapToLong(StoredTensor::byteSize).sum(),
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
    try (References before =
        evaluator.references(preparation.whole(), preparation.original()::tensor)) {
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

  /** Layers that are saved together. */
  private List<Set<String>> together(PreparedRun prepared) {
    return options.tuning() == 0 ? List.of() : new TunedBlocks(prepared.plan()).together();
  }
}
