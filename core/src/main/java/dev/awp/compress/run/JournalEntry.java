// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.run;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.awp.disk.WrittenPiece;
import dev.awp.report.LayerReport;
import java.util.List;

/** What a run's journal holds, one JSON object a line. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = JournalEntry.Begin.class, name = "begin"),
  @JsonSubTypes.Type(value = JournalEntry.Layer.class, name = "layer")
})
sealed interface JournalEntry {
  /** The first entry; the weights were checked before it was written. */
  record Begin(RunIdentity identity) implements JournalEntry {
    public Begin {
      requireNonNull(identity, "identity");
    }
  }

  /**
   * A layer that was solved and written; its bytes were on the disk before this.
   *
   * @param pieces where they lie
   * @param elapsed seconds that the run had taken until then, all its parts together
   */
  record Layer(LayerReport report, List<WrittenPiece> pieces, double elapsed)
      implements JournalEntry {
    public Layer {
      requireNonNull(report, "report");
      pieces = List.copyOf(pieces);
    }
  }
}
