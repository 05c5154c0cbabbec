// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.gradient;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.config.Activation;
import dev.awp.config.MlpConfig;
import dev.awp.model.sublayer.RowOperations;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** down(max(0, up(h))^2) and its derivatives. */
final class UngatedMlpGradient implements StepGradient {
  private final Product up;
  private final Product down;
  private final RowOperations operations;
  private final Matrix ups;
  private final Matrix squares;
  private final MemorySegment ones;

  /**
   * The feed-forward layer of a block.
   *
   * @param rows that go through it at a time
   */
  UngatedMlpGradient(Product up, Product down, int rows, RowOperations operations, Arena arena) {
    this.up = up;
    this.down = down;
    this.operations = operations;
    int width = up.weight().rows();
    this.ups = Matrix.allocate(arena, rows, width);
    this.squares = Matrix.allocate(arena, rows, width);
    this.ones = RowOperations.ones(width, arena);
  }

  /** Whether a layer is such a one. */
  static boolean isOf(MlpConfig config) {
    return !config.gated() && config.activation() == Activation.SQUARED_RELU;
  }

  /** Floats of the buffers. */
  static long floats(long rows, int width) {
    return (2 * rows + 1) * width;
  }

  @Override
  public void forward(Matrix in, Matrix beside, Matrix out) {
    up.forward(in, ups);
    operations.forRows(
        in.rows(), r -> operations.network().squaredReGlu(ups.row(r), ones, squares.row(r)));
    down.forward(squares, out);
  }

  @Override
  public void backward(Matrix in, Matrix byOutput, float momentum, Matrix byInput) {
    // The squares are needed for the derivatives by W alone: then their place is free.
    down.backward(squares, byOutput, momentum, squares, false);
    operations.forRows(in.rows(), r -> squareBackward(ups.row(r), squares.row(r)));
    up.backward(in, ups, momentum, byInput, false);
  }

  /** Derivatives by x in the place of x, of those by max(0, x)^2. */
  private static void squareBackward(MemorySegment x, MemorySegment by) {
    for (long i = 0; i < x.byteSize() / Float.BYTES; i++) {
      float slope = 2 * Math.max(0, x.getAtIndex(JAVA_FLOAT, i));
      x.setAtIndex(JAVA_FLOAT, i, slope * by.getAtIndex(JAVA_FLOAT, i));
    }
  }
}
