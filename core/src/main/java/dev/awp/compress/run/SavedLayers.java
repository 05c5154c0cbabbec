// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.run;

import dev.awp.AwpException;
import dev.awp.compress.CompressionListener;
import dev.awp.disk.FileStamps;
import dev.awp.disk.OutputFolder;
import dev.awp.model.LinearLayer;
import dev.awp.report.LayerReport;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;

/**
 * The layers that are finished and will still be when the process is killed. A layer's bytes are
 * synced before the journal names them, and read and compared with its checksums before they are
 * believed.
 */
public final class SavedLayers {
  private final RunJournal journal;
  private final ModelOutput output;
  private final OutputFolder folder;
  private final FileStamps inputs;
  private final DoubleSupplier elapsed;
  private final CompressionListener listener;
  private final Map<String, LayerReport> restored = new HashMap<>();
  private final AtomicInteger count = new AtomicInteger();

  /**
   * Restores what the journal tells of, as far as it is there.
   *
   * @param inputs a layer is believed only where none of them has changed by then
   * @param elapsed seconds of the run, all its parts together
   * @param together layers that are of use with all others of their set only
   */
  SavedLayers(
      RunJournal journal,
      ModelOutput output,
      OutputFolder folder,
      FileStamps inputs,
      DoubleSupplier elapsed,
      List<Set<String>> together,
      CompressionListener listener) {
    this.journal = journal;
    this.output = output;
    this.folder = folder;
    this.inputs = inputs;
    this.elapsed = elapsed;
    this.listener = listener;
    Map<String, JournalEntry.Layer> whole = new LinkedHashMap<>();
    for (JournalEntry.Layer layer : journal.layers()) {
      String name = layer.report().name();
      if (output.holds(layer.pieces())) {
        whole.put(name, layer);
      } else {
        listener.step(name + ": what was saved of it is damaged, it is solved again");
      }
    }
    for (Set<String> layers : together) {
      if (!whole.keySet().containsAll(layers)) {
        whole.keySet().removeAll(layers);
      }
    }
    whole.forEach(
        (name, layer) -> {
          output.restore(layer.pieces());
          restored.put(name, layer.report());
        });
    count.set(restored.size());
  }

  /** Waits for what is being saved, where that is possible still, after a failure. */
  public void settle() {
    try {
      output.flush();
    } catch (AwpException e) {
      return; // the failure that is on its way to the user is the first of the two
    }
  }

  /** How many layers are finished. */
  public int count() {
    return count.get();
  }

  /** What an earlier part of the run found for a layer, whose bytes are in place. */
  public Optional<LayerReport> find(String layer) {
    return Optional.ofNullable(restored.get(layer));
  }

  /** The share of those layers in the planned work. */
  public long work(List<LinearLayer> linears) {
    return linears.stream()
        .filter(linear -> restored.containsKey(linear.name()))
        .mapToLong(LinearLayer::multiplyAdds)
        .sum();
  }

  /** Saves the layer that was written last, in the background. */
  public void save(LayerReport report) {
    JournalEntry.Layer layer =
        new JournalEntry.Layer(report, output.takePieces(), elapsed.getAsDouble());
    output.writeBehind(
        () -> {
          inputs.check();
          journal.append(layer);
          folder.keep();
          listener.saved(count.incrementAndGet(), folder.scratchFolder());
        });
  }
}
