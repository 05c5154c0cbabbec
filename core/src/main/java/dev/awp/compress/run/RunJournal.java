// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.run;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.awp.AwpException;
import dev.awp.disk.Journal;
import dev.awp.disk.OutputFolder;
import dev.awp.report.StructureReport;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The journal of a run, and what it says of the run's earlier parts. */
final class RunJournal implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Journal journal;
  private final Map<String, JournalEntry.Layer> layers = new LinkedHashMap<>();
  private final List<JournalEntry.Pruned> pruned = new ArrayList<>();
  private Optional<StructureReport.Shape> shape = Optional.empty();
  private Optional<RunIdentity> identity = Optional.empty();
  private double elapsed;

  private RunJournal(Journal journal) {
    this.journal = journal;
  }

  /** Opens the journal in a folder, or begins one. */
  static RunJournal open(OutputFolder folder) {
    Journal journal = Journal.open(folder.journal());
    try {
      RunJournal run = new RunJournal(journal);
      for (String record : journal.records()) {
        run.take(entry(record, folder));
      }
      return run;
    } catch (AwpException e) {
      journal.close();
      throw e;
    }
  }

  private static JournalEntry entry(String record, OutputFolder folder) {
    try {
      return Optional.ofNullable(JSON.readValue(record, JournalEntry.class))
          .orElseThrow(() -> new JsonParseException(null, "null is no record"));
    } catch (JsonProcessingException e) {
      // Its checksum is right, so it is not damaged: another version of awp wrote it.
      throw new AwpException(
          folder.journal() + ": another version of awp wrote it; --restart begins anew", e);
    }
  }

  private void take(JournalEntry entry) {
    switch (entry) {
      case JournalEntry.Begin begin -> identity = Optional.of(begin.identity());
      case JournalEntry.Sizes sizes -> shape = Optional.of(sizes.shape());
      case JournalEntry.Pruned part -> {
        pruned.add(part);
        elapsed = Math.max(elapsed, part.elapsed());
      }
      case JournalEntry.Layer layer -> {
        // A layer that was found damaged and solved again stands here twice.
        layers.put(layer.report().name(), layer);
        elapsed = Math.max(elapsed, layer.elapsed());
      }
    }
  }

  /** Whose journal it is; empty where it was only just begun. */
  Optional<RunIdentity> identity() {
    return identity;
  }

  /** Finished layers. */
  Collection<JournalEntry.Layer> layers() {
    return List.copyOf(layers.values());
  }

  /** What blocks of a pruned model have left, where that was found. */
  Optional<StructureReport.Shape> shape() {
    return shape;
  }

  /** Finished steps of a pruned model, in the order in which they were finished. */
  List<JournalEntry.Pruned> pruned() {
    return List.copyOf(pruned);
  }

  /** Seconds that the earlier parts of the run took up to their last layers. */
  double elapsed() {
    return elapsed;
  }

  /** Appends an entry; it is on the disk when this returns. */
  void append(JournalEntry entry) {
    try {
      journal.append(JSON.writeValueAsString(entry));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    journal.close();
  }
}
