// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.awp.disk.OutputFolder;
import dev.awp.disk.OutputPlace;
import dev.awp.disk.WrittenPiece;
import dev.awp.report.LayerReport;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Lets tests of another package have a journal written and read. */
public final class JournalDoor {
  private static final JsonMapper JSON = new JsonMapper();

  private JournalDoor() {}

  /** The records of a run that finished a layer. */
  public static List<String> records(LayerReport layer) throws JsonProcessingException {
    RunIdentity identity =
        new RunIdentity(
            Map.of("model.safetensors", "ab".repeat(32)),
            Map.of("bits", "4"),
            Map.of("threads", "1, 2 or 4"));
    WrittenPiece piece =
        new WrittenPiece(layer.name() + ".weight", "model.safetensors", 8, 16, "cd".repeat(32));
    List<String> records = new ArrayList<>();
    for (JournalEntry entry :
        List.of(
            new JournalEntry.Begin(identity), new JournalEntry.Layer(layer, List.of(piece), 1.5))) {
      records.add(JSON.writerFor(JournalEntry.class).writeValueAsString(entry));
    }
    return records;
  }

  /** Reads the journal beside an output as the next run does, up to what is done with layers. */
  public static void read(Path output) throws IOException {
    try (OutputFolder folder = OutputFolder.open(OutputPlace.folder(output))) {
      folder.keep();
      try (RunJournal journal = RunJournal.open(folder);
          FileChannel file = FileChannel.open(folder.journal(), StandardOpenOption.READ)) {
        RunIdentity own = new RunIdentity(Map.of(), Map.of(), Map.of());
        journal.identity().ifPresent(own::differences);
        List<String> kept = new ArrayList<>();
        for (JournalEntry.Layer layer : journal.layers()) {
          for (WrittenPiece piece : layer.pieces()) {
            var _ = piece.liesIn(file);
            kept.add(piece.file());
          }
        }
        folder.clear(Optional.of(kept));
      }
    }
  }
}
