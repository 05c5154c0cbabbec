// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.walk;

import dev.awp.calibration.SeenInputs;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.run.SavedLayers;
import dev.awp.model.LinearLayer;
import dev.awp.model.forward.TransformerModel;
import dev.awp.report.LayerReport;
import dev.awp.solver.SharedFactors;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.Optional;

/**
 * Compresses the embedding of a model that has an output head besides. A token takes its row as it
 * is, so C is the unit matrix: how often a token comes scales the error of its row alone, and
 * changes no choice in it.
 */
record EmbeddingCompressor(
    TransformerModel model,
    LayerCompressor layers,
    SavedLayers saved,
    CompressionListener listener) {
  /** The report of the embedding, which may have been compressed in an earlier part of the run. */
  LayerReport compress(LinearLayer embedding) {
    Optional<LayerReport> before = saved.find(embedding.name());
    if (before.isPresent()) {
      return before.get();
    }
    try (Arena arena = Arena.ofShared()) {
      Matrix w = model.weights(embedding, arena);
      Matrix c = Matrix.identity(arena, embedding.columns());
      SeenInputs inputs = new SeenInputs(embedding.rows(), true, "f32");
      LayerReport report = layers.compress(embedding, w, w, c, SharedFactors.none(), inputs);
      saved.save(report);
      listener.layerFinished(embedding.block(), report, embedding.multiplyAdds());
      return report;
    }
  }
}
