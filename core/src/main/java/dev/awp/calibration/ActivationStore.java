// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import dev.awp.disk.DiskSpace;
import dev.awp.disk.ScratchFile;
import dev.awp.model.Step;
import dev.awp.model.forward.TransformerModel;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.tensor.Matrix;
import dev.awp.text.TokenWeights;
import dev.awp.text.TokenWindow;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The hidden states of all windows between two blocks, in a mapped file: they may be larger than
 * memory, for they are read and written in order.
 */
public final class ActivationStore implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ActivationStore.class);

  private final ScratchFile file;
  private final Path folder;
  private final int length;
  private final TokenWeights weights;
  private Optional<ScratchFile> room = Optional.empty();
  private boolean full;

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
    ScratchFile file = ScratchFile.create(folder, rows, model.layout().columns().width());
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
    return copy(states().rows() / length);
  }

  /** The states of the first windows, to go another way. */
  public ActivationStore copy(int windows) {
    int rows = windows * length;
    ScratchFile copy = ScratchFile.create(folder, rows, states().columns());
    copy.matrix().copyFrom(states().rowRange(0, rows));
    return new ActivationStore(copy, folder, length, weights.range(0, rows));
  }

  /** Takes the states through a step of a block, with nobody to see it. */
  public void advance(TransformerModel model, int block, Step step) {
    try (Arena arena = Arena.ofShared()) {
      model.step(block, step, arena).forward(states(), length, LinearInputs.IGNORED);
    }
  }

  /** [windows * length, hidden]. */
  public Matrix states() {
    return file.matrix();
  }

  /**
   * Room for as many rows of that many columns, the same memory whenever it is asked for. It lies
   * in a file of its own, as large as the widest that was asked for; where that would be more than
   * half of what the disk has left there is none.
   */
  public Optional<Matrix> room(int columns) {
    if (room.isEmpty() || room.get().matrix().columns() < columns) {
      room.ifPresent(ScratchFile::close);
      room = full ? Optional.empty() : create(columns);
    }
    return room.map(
        wide -> {
          long bytes = (long) states().rows() * columns * Float.BYTES;
          MemorySegment some = wide.matrix().segment().asSlice(0, bytes);
          return Matrix.wrap(some, states().rows(), columns);
        });
  }

  private Optional<ScratchFile> create(int columns) {
    long bytes = (long) states().rows() * columns * Float.BYTES;
    long left = DiskSpace.free(folder);
    full = bytes > left / 2;
    if (full) {
      LOG.info(
          "{}: activations are computed twice, keeping them would take {} bytes of {}",
          folder,
          bytes,
          left);
      return Optional.empty();
    }
    return Optional.of(ScratchFile.create(folder, states().rows(), columns));
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
    room.ifPresent(ScratchFile::close);
  }
}
