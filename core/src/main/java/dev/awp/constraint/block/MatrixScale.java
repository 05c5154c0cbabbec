// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.block;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.Grid;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A power of two that all scales of a matrix are multiplied by, where blocks store them in so few
 * bits that the size of the matrix's values would not fit. Being one, it changes no digit of a
 * scale and no value, and can be told from the scales alone.
 */
public final class MatrixScale {
  /** A group that reaches this far has a scale of half of what 256 stands for. */
  private static final float REACH = 12 * 128f;

  /** Scales lie below twice 2^7, and the largest is 224. */
  private static final int TOP = 7;

  private static final int LEAST = -100;
  private static final int MOST = 116;

  private MatrixScale() {}

  /** The power for a matrix whose largest group may still get half as large a scale again. */
  static float of(Matrix weights) {
    return of(extreme(weights));
  }

  /**
   * A grid for matrices that have the same power, as readers that fuse them need it.
   *
   * @param extreme the largest {@link #extreme} of them
   */
  public static Grid shared(BlockGrid grid, float extreme) {
    return new ScaledBlocks(grid, of(extreme));
  }

  /** The power of a grid that has one. */
  public static Optional<Float> factor(Grid grid) {
    return grid instanceof ScaledBlocks(BlockGrid _, float factor)
        ? Optional.of(factor)
        : Optional.empty();
  }

  /** The largest finite magnitude of a matrix. */
  public static float extreme(Matrix weights) {
    float extreme = 0;
    for (int r = 0; r < weights.rows(); r++) {
      MemorySegment row = weights.row(r);
      for (int j = 0; j < weights.columns(); j++) {
        extreme = Math.max(extreme, finite(row.getAtIndex(JAVA_FLOAT, j)));
      }
    }
    return extreme;
  }

  private static float of(float extreme) {
    if (extreme == 0) {
      return 1;
    }
    int below = Math.getExponent(extreme / REACH);
    return Math.scalb(1f, Math.clamp(below + 1, LEAST, MOST));
  }

  private static float finite(float x) {
    return Float.isNaN(x) ? 0 : Math.min(Math.abs(x), Float.MAX_VALUE);
  }

  /** The smallest power that makes the largest of some scales storable, and all others with it. */
  public static float ofScales(Matrix scales) {
    float largest = 0;
    for (long i = 0; i < scales.size(); i++) {
      largest = Math.max(largest, scales.segment().getAtIndex(JAVA_FLOAT, i));
    }
    if (largest == 0) {
      return 1;
    }
    float power = Math.scalb(1f, Math.getExponent(largest) - TOP);
    return largest / power > ScaleNumber.UE4M3_MOST ? 2 * power : power;
  }
}
