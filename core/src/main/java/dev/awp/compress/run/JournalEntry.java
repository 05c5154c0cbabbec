// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.run;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.awp.disk.WrittenPiece;
import dev.awp.report.LayerReport;
import dev.awp.report.StructureReport;
import java.util.List;

/** What a run's journal holds, one JSON object a line. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = JournalEntry.Begin.class, name = "begin"),
  @JsonSubTypes.Type(value = JournalEntry.Sizes.class, name = "sizes"),
  @JsonSubTypes.Type(value = JournalEntry.Pruned.class, name = "pruned"),
  @JsonSubTypes.Type(value = JournalEntry.Layer.class, name = "layer")
})
sealed interface JournalEntry {
  /** The first entry; the weights were checked before it was written. */
  record Begin(RunIdentity identity) implements JournalEntry {
    public Begin {
      requireNonNull(identity, "identity");
    }
  }

  /** What every block of a pruned model has left, and which blocks stay. */
  record Sizes(StructureReport.Shape shape) implements JournalEntry {
    public Sizes {
      requireNonNull(shape, "shape");
    }
  }

  /**
   * A step of a block of the pruned model; its bytes were on the disk before this.
   *
   * @param pieces where they lie in the folder of that model
   * @param elapsed seconds that the run had taken until then, all its parts together
   */
  record Pruned(StructureReport.Part part, List<WrittenPiece> pieces, double elapsed)
      implements JournalEntry {
    public Pruned {
      requireNonNull(part, "part");
      pieces = List.copyOf(pieces);
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
