// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.run;

import dev.awp.disk.FileStamps;
import dev.awp.disk.OutputFolder;
import dev.awp.disk.WrittenPiece;
import dev.awp.report.StructureReport;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/**
 * The steps of a pruned model that are finished and will still be when the process is killed, as
 * {@link SavedLayers} are.
 */
public final class SavedSteps {
  private final RunJournal journal;
  private final OutputFolder folder;
  private final FileStamps inputs;
  private final DoubleSupplier elapsed;
  private final Map<String, JournalEntry.Pruned> saved = new LinkedHashMap<>();

  SavedSteps(RunJournal journal, OutputFolder folder, FileStamps inputs, DoubleSupplier elapsed) {
    this.journal = journal;
    this.folder = folder;
    this.inputs = inputs;
    this.elapsed = elapsed;
    // A step that was found damaged and solved again stands there twice.
    journal.pruned().forEach(entry -> saved.put(key(entry.part()), entry));
  }

  private static String key(StructureReport.Part part) {
    return key(part.block(), part.step());
  }

  private static String key(int block, String step) {
    return block + " " + step;
  }

  /** Where the pruned model lies. */
  public Path folder() {
    return folder.innerFolder();
  }

  /** A folder for files of activations. */
  public Path scratchFolder() {
    return folder.scratchFolder();
  }

  /** What an earlier part of the run found that blocks are left with. */
  public Optional<StructureReport.Shape> shape() {
    return journal.shape();
  }

  /** Saves it. */
  public void save(StructureReport.Shape shape) {
    inputs.check();
    journal.append(new JournalEntry.Sizes(shape));
  }

  /** A step that an earlier part of the run finished. */
  public Optional<StructureReport.Part> find(int block, String step) {
    return Optional.ofNullable(saved.get(key(block, step))).map(JournalEntry.Pruned::part);
  }

  /** Where its bytes lie. */
  public List<WrittenPiece> pieces(StructureReport.Part part) {
    return saved.get(key(part)).pieces();
  }

  /** Saves a step, whose bytes are on the disk. */
  public void save(StructureReport.Part part, List<WrittenPiece> pieces) {
    inputs.check();
    journal.append(new JournalEntry.Pruned(part, pieces, elapsed.getAsDouble()));
    folder.keep();
  }
}
