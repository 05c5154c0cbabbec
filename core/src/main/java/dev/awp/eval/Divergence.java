// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval;

import dev.awp.model.ModelLayout;
import dev.awp.model.forward.HeadPair;
import dev.awp.model.forward.PairedPredictions;
import dev.awp.model.forward.TransformerModel;
import dev.awp.report.DivergenceReport;
import dev.awp.tensor.Matrix;
import dev.awp.text.TokenStream;
import java.lang.foreign.Arena;
import java.util.BitSet;
import java.util.List;

/**
 * A model beside a reference, on the windows and tokens of {@link Perplexity}; {@link
 * DivergenceReport} defines the figures. Both go through a batch of windows one after the other,
 * and the vocabulary goes by both heads in pieces.
 */
final class Divergence {
  private final Sample divergences = new Sample();
  private final Sample sameTop = new Sample();
  private final Sample losses = new Sample();
  private final Sample referenceLosses = new Sample();
  private final Sample lossChanges = new Sample();
  private final Sample probabilityChanges = new Sample();

  private Divergence() {}

  /**
   * Compares.
   *
   * @param reference of the same vocabulary
   * @param what the text's name, for messages
   * @param text its tokens, which are the same for both
   * @param length tokens of a window, at least 2
   */
  static DivergenceResult evaluate(
      Reference reference,
      TransformerModel model,
      String what,
      TokenStream text,
      int length,
      Perplexity.Listener listener) {
    ModelLayout first = reference.model().layout();
    ModelLayout second = model.layout();
    List<WindowBatch> batches = WindowBatch.of(what, text, length, hidden(first, second));
    int layers = first.config().layers() + second.config().layers();
    BlockCount count = new BlockCount(batches.size() * layers, listener);
    HeadPair heads = HeadPair.of(reference.model().head(), model.head());
    Divergence sums = new Divergence();
    int rows = 0;
    for (WindowBatch batch : batches) {
      try (Arena arena = Arena.ofShared()) {
        Matrix p = reference.states(rows, batch, arena, count::done);
        Matrix q = batch.states(model, arena, count::done);
        sums.add(heads.compare(p, q, batch.targets()), batch.weights());
      }
      rows += batch.rows();
    }
    int windows = rows / length;
    return new DivergenceResult(
        PerplexityResult.of(sums.losses, windows, length, text.length()),
        PerplexityResult.of(sums.referenceLosses, windows, length, text.length()),
        sums.report());
  }

  private void add(PairedPredictions predictions, double[] weights) {
    double[] divergence = predictions.divergences();
    double[] loss = predictions.losses();
    double[] referenceLoss = predictions.referenceLosses();
    BitSet same = predictions.sameTop();
    for (int i = 0; i < weights.length; i++) {
      divergences.add(divergence[i], weights[i]);
      sameTop.add(same.get(i) ? 1 : 0, weights[i]);
      losses.add(loss[i], weights[i]);
      referenceLosses.add(referenceLoss[i], weights[i]);
      lossChanges.add(loss[i] - referenceLoss[i], weights[i]);
      probabilityChanges.add(Math.exp(-loss[i]) - Math.exp(-referenceLoss[i]), weights[i]);
    }
  }

  private DivergenceReport report() {
    double[] byOrder = divergences.percentiles(0.5, 0.99, 1);
    return new DivergenceReport(
        divergences.mean(),
        byOrder[0],
        byOrder[1],
        byOrder[2],
        sameTop.mean(),
        lossChanges.mean().exp(),
        probabilityChanges.mean(change -> change * change).squareRoot());
  }

  /** Both have as many rows in a batch, so the wider one says how many. */
  private static int hidden(ModelLayout first, ModelLayout second) {
    return Math.max(first.columns().width(), second.columns().width());
  }

  /** The most off-heap memory that a comparison takes, in bytes, however long the text is. */
  static long bytes(ModelLayout reference, ModelLayout model, int length, int threads) {
    int hidden = hidden(reference, model);
    long forward =
        Math.max(
            WindowBatch.forwardBytes(reference, length, hidden, threads),
            WindowBatch.forwardBytes(model, length, hidden, threads));
    return WindowBatch.stateBytes(reference, length, hidden)
        + WindowBatch.stateBytes(model, length, hidden)
        + Math.max(forward, HeadPair.bytes(reference.config(), model.config(), threads));
  }
}
