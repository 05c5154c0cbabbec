// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval;

import dev.awp.AwpException;
import dev.awp.config.ModelConfig;
import dev.awp.model.ModelLayout;
import dev.awp.model.forward.DecoderBlock;
import dev.awp.model.forward.OutputHead;
import dev.awp.model.forward.TransformerModel;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.tensor.Matrix;
import dev.awp.text.TokenStream;
import dev.awp.text.TokenWindow;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * Perplexity as the GPTQ and SparseGPT papers measure it: a text is cut into windows of N tokens
 * that do not overlap, a last partial one is dropped, and the negative log-likelihoods of tokens
 * 2..N of every window, given those before them in the window, are averaged; where tokens have
 * weights, by these.
 */
public final class Perplexity {
  /** Hidden states held at a time; the blocks' weights are decoded once for each such batch. */
  private static final long BATCH_BYTES = 256L << 20;

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
    if (length < 2) {
      throw new AwpException(what + ": a window of " + length + " tokens predicts none");
    }
    List<TokenWindow> windows = text.windows(length);
    if (windows.isEmpty()) {
      throw new AwpException(
          "%s: a text of %s tokens is shorter than one window of %s"
              .formatted(what, text.length(), length));
    }
    double weight =
        windows.stream().mapToDouble(window -> window.weights().range(1, length).sum()).sum();
    if (weight == 0) {
      throw new AwpException(what + ": no token that is predicted counts: all weights are 0");
    }
    int perBatch = windowsPerBatch(model.layout().config(), length, windows.size());
    int batches = Math.ceilDiv(windows.size(), perBatch);
    int total = batches * model.layout().config().layers();
    double loss = 0;
    int done = 0;
    for (int from = 0; from < windows.size(); from += perBatch) {
      List<TokenWindow> batch = windows.subList(from, Math.min(windows.size(), from + perBatch));
      int before = done;
      loss +=
          lossOf(
              model,
              batch,
              length,
              (blocks, ignored) -> listener.blockDone(before + blocks, total));
      done += model.layout().config().layers();
    }
    double mean = loss / weight;
    return new PerplexityResult(Math.exp(mean), mean, windows.size(), length, text.length());
  }

  private static int windowsPerBatch(ModelConfig config, int length, int windows) {
    return Math.clamp(BATCH_BYTES / Float.BYTES / config.hiddenSize() / length, 1, windows);
  }

  /**
   * The most off-heap memory that an evaluation takes, in bytes, however long the text is.
   *
   * @param length tokens of a window
   */
  public static long bytes(ModelLayout layout, int length, int threads) {
    ModelConfig config = layout.config();
    long tokens = (long) windowsPerBatch(config, length, Integer.MAX_VALUE) * length;
    long forward =
        DecoderBlock.weightBytes(layout)
            + DecoderBlock.forwardBytes(layout, tokens, length, threads);
    return tokens * config.hiddenSize() * Float.BYTES
        + Math.max(forward, OutputHead.bytes(config, threads));
  }

  /** Weighted sum of the losses of all predicted tokens of some windows. */
  private static double lossOf(
      TransformerModel model, List<TokenWindow> windows, int length, Listener listener) {
    int layers = model.layout().config().layers();
    try (Arena arena = Arena.ofShared()) {
      Matrix x =
          Matrix.allocate(arena, windows.size() * length, model.layout().config().hiddenSize());
      int[] targets = new int[x.rows()];
      for (int i = 0; i < windows.size(); i++) {
        int[] tokens = windows.get(i).tokens();
        model.embed(tokens, x.rowRange(i * length, (i + 1) * length));
        // The last position of a window predicts nothing that is counted.
        System.arraycopy(tokens, 1, targets, i * length, length - 1);
      }
      for (int block = 0; block < layers; block++) {
        try (Arena weights = Arena.ofShared()) {
          DecoderBlock decoder = model.block(block, weights);
          decoder.forward(x, length, LinearInputs.IGNORED);
        }
        listener.blockDone(block + 1, layers);
      }
      OutputHead head = model.head();
      double[] losses = head.negativeLogLikelihood(x, targets);
      double sum = 0;
      for (int i = 0; i < losses.length; i++) {
        int place = i % length;
        if (place < length - 1) {
          sum += windows.get(i / length).weights().get(place + 1) * losses[i];
        }
      }
      return sum;
    }
  }
}
