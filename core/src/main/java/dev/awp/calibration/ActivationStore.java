// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import dev.awp.disk.ScratchFile;
import dev.awp.model.forward.TransformerModel;
import dev.awp.tensor.Matrix;
import dev.awp.text.TokenWeights;
import dev.awp.text.TokenWindow;
import java.nio.file.Path;
import java.util.List;

/**
 * The hidden states of all windows between two blocks, in a mapped file: they may be larger than
 * memory, for they are read and written in order.
 */
public final class ActivationStore implements AutoCloseable {
  private final ScratchFile file;
  private final Path folder;
  private final int length;
  private final TokenWeights weights;

  private ActivationStore(ScratchFile file, Path folder, int length, TokenWeights weights) {
    this.file = file;
    this.folder = folder;
    this.length = length;
    this.weights = weights;
  }

  /**
   * The embeddings of windows of equal length.
   *
   * @param folder where the file lies while the store is open
   */
  public static ActivationStore embed(
      TransformerModel model, List<TokenWindow> windows, Path folder) {
    int length = windows.getFirst().length();
    int rows = Math.multiplyExact(windows.size(), length);
    ScratchFile file = ScratchFile.create(folder, rows, model.layout().config().hiddenSize());
    try {
      for (int i = 0; i < windows.size(); i++) {
        model.embed(windows.get(i).tokens(), file.matrix().rowRange(i * length, (i + 1) * length));
      }
      TokenWeights weights = TokenWeights.join(windows.stream().map(TokenWindow::weights).toList());
      return new ActivationStore(file, folder, length, weights);
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  /** The same states, to go another way. */
  public ActivationStore copy() {
    ScratchFile copy = ScratchFile.create(folder, states().rows(), states().columns());
    copy.matrix().copyFrom(states());
    return new ActivationStore(copy, folder, length, weights);
  }

  /** [windows * length, hidden]. */
  public Matrix states() {
    return file.matrix();
  }

  /** Tokens of a window. */
  public int length() {
    return length;
  }

  /** What the tokens of all windows count, one a row of the states. */
  public TokenWeights weights() {
    return weights;
  }

  @Override
  public void close() {
    file.close();
  }
}
