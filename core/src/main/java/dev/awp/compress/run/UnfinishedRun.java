// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.run;

import dev.awp.AwpException;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.Start;
import dev.awp.compress.run.PhaseClock.Phase;
import dev.awp.compute.Compute;
import dev.awp.disk.FileStamps;
import dev.awp.disk.OutputFolder;
import dev.awp.disk.OutputPlace;
import dev.awp.disk.WrittenPiece;
import dev.awp.format.ModelPlan;
import dev.awp.report.LayerReport;
import dev.awp.report.RunReport;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A run between its first step and its last, as it lies beside the output folder: locked, with a
 * journal of what is finished. It begins here, or is gone on with.
 *
 * <p>The order is what makes it safe. The files with all that does not depend on a solver are on
 * the disk before the journal has its first entry; a layer's bytes are before the layer's entry;
 * everything is before the folder gets its final name.
 */
public final class UnfinishedRun implements AutoCloseable {
  private final long began = System.nanoTime();
  private final PhaseClock clock = new PhaseClock();
  private final OutputFolder folder;
  private final RunJournal journal;
  private boolean begun;

  private UnfinishedRun(OutputFolder folder, RunJournal journal) {
    this.folder = folder;
    this.journal = journal;
  }

  /**
   * Locks the folder beside the output, and reads what an earlier part of the run left.
   *
   * @throws AwpException where another process has it, and with {@link Start#RESUME} where nothing
   *     was left
   */
  public static UnfinishedRun open(OutputPlace output, Start start) {
    OutputFolder folder = OutputFolder.open(output);
    try {
      if (start == Start.RESTART) {
        folder.clear(Optional.empty());
      }
      RunJournal journal = RunJournal.open(folder);
      if (start == Start.RESUME && journal.identity().isEmpty()) {
        journal.close();
        throw new AwpException(
            folder.scratchFolder() + ": there is no unfinished run to go on with");
      }
      if (!journal.layers().isEmpty() || !journal.pruned().isEmpty()) {
        folder.keep();
      }
      return new UnfinishedRun(folder, journal);
    } catch (RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  /**
   * Seconds that the run has taken, those of its earlier parts up to their last layers included.
   */
  public double elapsed() {
    return journal.elapsed() + (System.nanoTime() - began) / 1e9;
  }

  /** Tells this part of the run what its time goes into. */
  public PhaseClock clock() {
    return clock;
  }

  /**
   * What the time until now went into, that of earlier parts of the run included. Solving takes
   * what the layers say; it happens between the passes of calibration, and is no part of it here.
   *
   * @param restored layers that earlier parts of the run solved
   * @param solved layers that this part solved
   */
  public List<RunReport.Phase> phases(List<LayerReport> restored, List<LayerReport> solved) {
    Map<Phase, Double> seconds = clock.seconds();
    seconds.computeIfPresent(
        Phase.CALIBRATION, (_, all) -> Math.max(0, all - LayerReport.seconds(solved)));
    double before = LayerReport.seconds(restored);
    if (!restored.isEmpty() || !solved.isEmpty()) {
      seconds.put(Phase.SOLVING, before + LayerReport.seconds(solved));
    }
    if (journal.elapsed() > 0) {
      seconds.put(Phase.EARLIER, Math.max(0, journal.elapsed() - before));
    }
    return seconds.entrySet().stream()
        .map(phase -> new RunReport.Phase(phase.getKey().words(), phase.getValue()))
        .toList();
  }

  /** Whether an earlier part of the run got as far as to solve layers. */
  public boolean isBegun() {
    return journal.identity().isPresent();
  }

  /** Refuses to go on with a run that is not the same; names every difference. */
  public void check(RunIdentity identity) {
    if (!isBegun()) {
      return;
    }
    List<String> differences = identity.differences(journal.identity().orElseThrow());
    if (!differences.isEmpty()) {
      folder.keep();
      throw new AwpException(
          "%s holds an unfinished run that differs (%s); --restart throws it away and begins anew"
              .formatted(folder.scratchFolder(), String.join("; ", differences)));
    }
  }

  /** The output; of what lies there already, all that no entry vouches for is removed. */
  public ModelOutput output(
      CompressionOptions options, ModelPlan plan, Compute compute, String version) {
    List<String> files =
        journal.layers().stream()
            .flatMap(layer -> layer.pieces().stream())
            .map(WrittenPiece::file)
            .distinct()
            .toList();
    folder.clear(Optional.of(files));
    return ModelOutput.create(folder, options.formats(), plan, compute.kernels(), version);
  }

  /**
   * The finished layers, each looked at; from here on the run can be gone on with.
   *
   * @param inputs as they were before anything was read
   * @param together layers that are of use with all others of their set only
   */
  public SavedLayers layers(
      ModelOutput output,
      RunIdentity identity,
      FileStamps inputs,
      List<Set<String>> together,
      CompressionListener listener) {
    folder.force();
    begin(identity);
    return new SavedLayers(journal, output, folder, inputs, this::elapsed, together, listener);
  }

  private void begin(RunIdentity identity) {
    if (!isBegun() && !begun) {
      journal.append(new JournalEntry.Begin(identity));
      begun = true;
    }
  }

  /**
   * The finished steps of the pruned model that the run compresses; from here on the run can be
   * gone on with.
   *
   * @param inputs as they were before anything was read
   */
  public SavedSteps steps(RunIdentity identity, FileStamps inputs) {
    if (!isBegun()) {
      folder.clearInner();
    }
    folder.force();
    begin(identity);
    return new SavedSteps(journal, folder, inputs, this::elapsed);
  }

  /** Leaves the folder to the next part of the run where a layer is finished, or removes it. */
  @Override
  public void close() {
    try (folder) {
      journal.close();
    }
  }
}
