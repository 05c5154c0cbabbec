// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import dev.awp.model.TransformerModel;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.List;

/** The hidden states of all windows between two blocks, off-heap. */
public final class ActivationStore implements AutoCloseable {
  private final Arena arena;
  private final Matrix states;
  private final int length;

  private ActivationStore(Arena arena, Matrix states, int length) {
    this.arena = arena;
    this.states = states;
    this.length = length;
  }

  /** The embeddings of windows of equal length. */
  @SuppressWarnings("MustBeClosed") // the arena is closed by close(), or below
  public static ActivationStore embed(TransformerModel model, List<int[]> windows) {
    int length = windows.getFirst().length;
    int hidden = model.layout().config().hiddenSize();
    Arena arena = Arena.ofShared();
    try {
      int rows = Math.multiplyExact(windows.size(), length);
      Matrix states = Matrix.allocate(arena, rows, hidden);
      for (int i = 0; i < windows.size(); i++) {
        model.embed(windows.get(i), states.rowRange(i * length, (i + 1) * length));
      }
      return new ActivationStore(arena, states, length);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /** The same states, to go another way. */
  @SuppressWarnings("MustBeClosed") // the arena is closed by close(), or below
  public ActivationStore copy() {
    Arena own = Arena.ofShared();
    try {
      Matrix copy = Matrix.allocate(own, states.rows(), states.columns());
      copy.copyFrom(states);
      return new ActivationStore(own, copy, length);
    } catch (RuntimeException | Error e) {
      own.close();
      throw e;
    }
  }

  /** [windows * length, hidden]. */
  public Matrix states() {
    return states;
  }

  /** Tokens of a window. */
  public int length() {
    return length;
  }

  @Override
  public void close() {
    arena.close();
  }
}
