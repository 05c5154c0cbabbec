// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibrate;

import dev.awp.Progress;
import dev.awp.calibration.CalibrationSet;
import dev.awp.calibration.saved.DenseMoments;
import dev.awp.calibration.saved.MomentsIdentity;
import dev.awp.calibration.saved.MomentsManifest;
import dev.awp.calibration.saved.MomentsManifest.Kind;
import dev.awp.calibration.saved.MomentsWriter;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.FolderContent;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compress.memory.MemoryPlan;
import dev.awp.compress.plan.RunChecks;
import dev.awp.compress.run.CalibrationIdentity;
import dev.awp.compute.Compute;
import dev.awp.disk.DiskSpace;
import dev.awp.disk.FileStamps;
import dev.awp.disk.OutputFolder;
import dev.awp.disk.OutputPlace;
import dev.awp.model.ModelLayout;
import dev.awp.model.forward.TransformerModel;
import dev.awp.text.TokenWindow;
import dev.awp.text.Tokenizers;
import dev.awp.text.drawing.Texts;
import dev.awp.text.file.PipedTexts;
import dev.awp.text.file.TextFiles;
import dev.awp.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Takes the second moments of all inputs of a model's linear layers and keeps them in a folder.
 * Finished blocks survive the process, and the same call goes on after them.
 */
public final class Calibrator {
  private final CalibrateOptions options;
  private final Compute compute;
  private final Progress progress;

  private Calibrator(CalibrateOptions options, Compute compute, Progress progress) {
    this.options = options;
    this.compute = compute;
    this.progress = progress;
  }

  /** What stands before the first window goes through the model. */
  private record Prepared(
      Checkpoint checkpoint,
      ModelLayout layout,
      MomentsIdentity identity,
      List<TokenWindow> windows) {}

  /** What is done with it. */
  private interface Action<T> {
    T run(Prepared prepared, FileStamps inputs);
  }

  /**
   * Calibrates.
   *
   * @param start what becomes of an unfinished calibration
   * @param version of the program
   * @return what the folder says of itself
   * @throws dev.awp.AwpException for bad input, and where the disk has no room
   */
  public static MomentsManifest run(
      CalibrateOptions options,
      MomentsWriter.Start start,
      String version,
      Compute compute,
      Progress progress) {
    OutputPlace place = OutputPlace.folder(options.output());
    RunChecks.checkFolders(options.model(), options.output());
    if (OutputFolder.finishedBefore(place)) {
      progress.step(options.output() + ": the calibration had finished");
      return MomentsManifest.read(options.output());
    }
    OutputFolder.checkFree(place);
    try (PipedTexts pipes = new PipedTexts(progress)) {
      Calibrator run = new Calibrator(options.withTexts(pipes::keep), compute, progress);
      return run.prepared((prepared, inputs) -> run.write(prepared, inputs, start, version));
    }
  }

  /** Everything of it that comes before the first window, and nothing written. */
  public static CalibrationPlan plan(CalibrateOptions options, Compute compute, Progress progress) {
    RunChecks.checkFolders(options.model(), options.output());
    OutputFolder.checkFree(OutputPlace.folder(options.output()));
    try (PipedTexts pipes = new PipedTexts(progress)) {
      Calibrator run = new Calibrator(options.withTexts(pipes::keep), compute, progress);
      return run.prepared((prepared, _) -> run.plan(prepared));
    }
  }

  private <T> T prepared(Action<T> action) {
    Set<Path> read = new HashSet<>(TextFiles.named(options.calibration().files()).values());
    FileStamps stamps = FolderContent.stamps(options.model(), read);
    try (Checkpoint checkpoint = Checkpoints.open(options.model());
        Tokenizer tokenizer = Tokenizers.open(checkpoint.companions())) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      RunChecks.checkDense(checkpoint);
      layout.check(checkpoint::tensor);
      RunChecks.tellUnused(checkpoint, layout);
      read.addAll(checkpoint.files());
      int length = RunChecks.windowLength(options.calibration(), checkpoint.config());
      progress.step("tokenizing " + options.calibration().files());
      CalibrationSet all =
          CalibrationSet.load(
              Texts.of(
                  options.calibration().files(),
                  options.texts(),
                  checkpoint.companions(),
                  tokenizer,
                  progress),
              options.calibration().sequences(),
              length,
              options.calibration().seed());
      WindowPart.Range range = options.part().range(all.windows().size(), length);
      progress.step("checksums of the input");
      MomentsIdentity whole =
          CalibrationIdentity.of(options.calibration(), options.texts(), all, checkpoint, compute);
      Prepared prepared =
          new Prepared(
              checkpoint,
              layout,
              whole.part(range.from(), range.to()),
              all.windows().subList(range.from(), range.to()));
      return action.run(prepared, stamps.only(read));
    }
  }

  private CalibrationPlan plan(Prepared prepared) {
    ModelLayout layout = prepared.layout();
    List<TokenWindow> windows = prepared.windows();
    int length = windows.getFirst().length();
    long tokens = (long) windows.size() * length;
    CalibrationPlan plan =
        new CalibrationPlan(
            prepared.identity(),
            windows.size(),
            tokens,
            DenseMoments.columns(layout).values().stream().mapToInt(Map::size).sum(),
            DenseMoments.diskBytes(layout),
            DenseMoments.stateBytes(layout, windows.size(), length),
            memoryBytes(prepared),
            DiskSpace.free(options.output()));
    MemoryPlan.checkLimit(plan.memoryBytes(), options.memoryLimit());
    DiskSpace.check(
        options.output(), plan.momentBytes() + plan.activationBytes(), plan.freeBytes());
    return plan;
  }

  private long memoryBytes(Prepared prepared) {
    List<TokenWindow> windows = prepared.windows();
    int length = windows.getFirst().length();
    boolean weighted = windows.stream().anyMatch(window -> !window.weights().areOnes());
    return DenseMoments.memoryBytes(
        prepared.layout(), (long) windows.size() * length, length, weighted, compute);
  }

  private MomentsManifest write(
      Prepared prepared, FileStamps inputs, MomentsWriter.Start start, String version) {
    MemoryPlan.checkLimit(memoryBytes(prepared), options.memoryLimit());
    Map<String, String> origin =
        CalibrationIdentity.origin(
            options.calibration().files(), options.texts(), version, compute);
    DenseMoments.write(
        options.output(),
        MomentsManifest.begin(Kind.TRIANGLES, prepared.identity(), List.of(origin)),
        start,
        inputs,
        new TransformerModel(prepared.layout(), prepared.checkpoint()::tensor, compute),
        prepared.windows(),
        compute,
        progress);
    return MomentsManifest.read(options.output());
  }
}
