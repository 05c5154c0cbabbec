// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval;

import dev.awp.model.ModelLayout;
import dev.awp.model.forward.OutputHead;
import dev.awp.model.forward.TransformerModel;
import dev.awp.tensor.Matrix;
import dev.awp.text.TokenStream;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * Perplexity as the GPTQ and SparseGPT papers measure it: a text is cut into windows of N tokens
 * that do not overlap, a last partial one is dropped, and the negative log-likelihoods of tokens
 * 2..N of every window, given those before them in the window, are averaged; where tokens have
 * weights, by these.
 */
public final class Perplexity {
  private Perplexity() {}

  /** Hears that a block was run for a batch of windows. */
  @FunctionalInterface
  public interface Listener {
    void blockDone(int done, int total);
  }

  /**
   * Evaluates a model.
   *
   * @param what the text's name, for messages
   * @param text its tokens, special ones included, and what windows begin with
   * @param length tokens of a window, at least 2
   */
  public static PerplexityResult evaluate(
      TransformerModel model, String what, TokenStream text, int length, Listener listener) {
    List<WindowBatch> batches =
        WindowBatch.of(what, text, length, model.layout().columns().width());
    BlockCount count = new BlockCount(batches.size() * model.layout().config().layers(), listener);
    Sample losses = new Sample();
    int windows = 0;
    for (WindowBatch batch : batches) {
      try (Arena arena = Arena.ofShared()) {
        Matrix x = batch.states(model, arena, count::done);
        double[] loss = model.head().negativeLogLikelihood(x, batch.targets());
        double[] weights = batch.weights();
        for (int i = 0; i < loss.length; i++) {
          losses.add(loss[i], weights[i]);
        }
      }
      windows += batch.windows();
    }
    return PerplexityResult.of(losses, windows, length, text.length());
  }

  /**
   * The most off-heap memory that an evaluation takes, in bytes, however long the text is.
   *
   * @param length tokens of a window
   */
  public static long bytes(ModelLayout layout, int length, int threads) {
    int hidden = layout.columns().width();
    return WindowBatch.stateBytes(layout, length, hidden)
        + Math.max(
            WindowBatch.forwardBytes(layout, length, hidden, threads),
            OutputHead.bytes(layout.config(), threads));
  }
}
