// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval;

import dev.awp.AwpException;
import dev.awp.model.ModelLayout;
import dev.awp.model.forward.DecoderBlock;
import dev.awp.model.forward.TransformerModel;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.tensor.Matrix;
import dev.awp.text.TokenStream;
import dev.awp.text.TokenWindow;
import java.lang.foreign.Arena;
import java.util.AbstractList;
import java.util.List;

/**
 * Windows of a text that go through a model together, so that a block's weights are decoded once
 * for all of them. Every token but the first of a window is predicted by the row before it.
 */
final class WindowBatch {
  /** Hidden states of a batch, in bytes. */
  private static final long BYTES = 128L << 20;

  private final List<TokenWindow> windows;
  private final int length;

  private WindowBatch(List<TokenWindow> windows, int length) {
    this.windows = windows;
    this.length = length;
  }

  /**
   * All windows of a text.
   *
   * @param what the text's name, for messages
   * @param length tokens of a window
   * @param hidden columns of the states
   * @throws AwpException where there is no window, or no token that counts
   */
  static List<WindowBatch> of(String what, TokenStream text, int length, int hidden) {
    List<TokenWindow> windows = windows(what, text, length);
    int each = perBatch(length, hidden, windows.size());
    return new AbstractList<>() {
      @Override
      public WindowBatch get(int index) {
        int from = index * each;
        return new WindowBatch(
            windows.subList(from, Math.min(windows.size(), from + each)), length);
      }

      @Override
      public int size() {
        return Math.ceilDiv(windows.size(), each);
      }
    };
  }

  /** The windows of a text, some of whose tokens count. */
  static List<TokenWindow> windows(String what, TokenStream text, int length) {
    if (length < 2) {
      throw new AwpException(what + ": a window of " + length + " tokens predicts none");
    }
    List<TokenWindow> windows = text.windows(length);
    if (windows.isEmpty()) {
      throw new AwpException(
          "%s: a text of %s tokens is shorter than one window of %s"
              .formatted(what, text.length(), length));
    }
    if (windows.stream().allMatch(window -> window.weights().range(1, length).sum() == 0)) {
      throw new AwpException(what + ": no token that is predicted counts: all weights are 0");
    }
    return windows;
  }

  private static int perBatch(int length, int hidden, int windows) {
    return Math.clamp(BYTES / Float.BYTES / hidden / length, 1, windows);
  }

  /**
   * Off-heap memory of a batch's {@link #states} in a model, in bytes, however long the text is.
   */
  static long stateBytes(ModelLayout layout, int length, int hidden) {
    return rows(length, hidden) * layout.columns().width() * Float.BYTES;
  }

  /** Off-heap memory that a model takes beside the states, in bytes. */
  static long forwardBytes(ModelLayout layout, int length, int hidden, int threads) {
    return DecoderBlock.weightBytes(layout)
        + DecoderBlock.forwardBytes(layout, rows(length, hidden), length, threads);
  }

  private static long rows(int length, int hidden) {
    return (long) perBatch(length, hidden, Integer.MAX_VALUE) * length;
  }

  /** Rows of the states: tokens of all windows. */
  int rows() {
    return windows.size() * length;
  }

  int windows() {
    return windows.size();
  }

  /** What each row predicts; the last row of a window predicts nothing, and has a 0. */
  int[] targets() {
    int[] targets = new int[rows()];
    for (int i = 0; i < windows.size(); i++) {
      System.arraycopy(windows.get(i).tokens(), 1, targets, i * length, length - 1);
    }
    return targets;
  }

  /** How much each row's prediction counts: the weight of the predicted token, or 0. */
  double[] weights() {
    double[] weights = new double[rows()];
    for (int i = 0; i < windows.size(); i++) {
      for (int place = 0; place < length - 1; place++) {
        weights[i * length + place] = windows.get(i).weights().get(place + 1);
      }
    }
    return weights;
  }

  /**
   * Runs the windows through a model.
   *
   * @param arena of the result; all threads must be able to use it
   * @param blockDone hears of every block
   * @return hidden states behind the last block, [rows, hidden]
   */
  Matrix states(TransformerModel model, Arena arena, Runnable blockDone) {
    Matrix x = Matrix.allocate(arena, rows(), model.layout().columns().width());
    for (int i = 0; i < windows.size(); i++) {
      model.embed(windows.get(i).tokens(), x.rowRange(i * length, (i + 1) * length));
    }
    for (int block = 0; block < model.layout().config().layers(); block++) {
      try (Arena weights = Arena.ofShared()) {
        model.block(block, weights).forward(x, length, LinearInputs.IGNORED);
      }
      blockDone.run();
    }
    return x;
  }
}
