// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval;

import dev.awp.disk.ScratchFile;
import dev.awp.model.forward.TransformerModel;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The model that others are compared with, on one text. Its hidden states behind the last block are
 * computed anew each time, or kept in a scratch file for all times but the first.
 */
final class Reference implements AutoCloseable {
  private final TransformerModel model;
  private final Optional<ScratchFile> kept;
  private int known;

  private Reference(TransformerModel model, Optional<ScratchFile> kept) {
    this.model = model;
    this.kept = kept;
  }

  /** Of which nothing is kept. */
  static Reference of(TransformerModel model) {
    return new Reference(model, Optional.empty());
  }

  /**
   * Of which the states of all rows are kept.
   *
   * @param folder of the scratch file, which has no name
   */
  static Reference kept(TransformerModel model, int rows, Path folder) {
    int hidden = model.layout().columns().width();
    return new Reference(model, Optional.of(ScratchFile.create(folder, rows, hidden)));
  }

  TransformerModel model() {
    return model;
  }

  /**
   * The states of a batch, [rows, hidden], in the caller's memory.
   *
   * @param from the batch's first row in the text
   * @param blockDone hears of every block, also where none has to be run
   */
  Matrix states(int from, WindowBatch batch, Arena arena, Runnable blockDone) {
    int to = from + batch.rows();
    if (to <= known) {
      Matrix x = Matrix.allocate(arena, batch.rows(), model.layout().columns().width());
      x.copyFrom(kept.orElseThrow().matrix().rowRange(from, to));
      for (int block = 0; block < model.layout().config().layers(); block++) {
        blockDone.run();
      }
      return x;
    }
    Matrix x = batch.states(model, arena, blockDone);
    kept.ifPresent(
        file -> {
          file.matrix().rowRange(from, to).copyFrom(x);
          known = to;
        });
    return x;
  }

  @Override
  public void close() {
    kept.ifPresent(ScratchFile::close);
  }
}
