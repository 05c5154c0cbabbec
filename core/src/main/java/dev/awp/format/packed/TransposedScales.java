// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.packed;

import dev.awp.stored.TensorEncoder;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/** Scales that lie transposed in the file, [groups, rows], as GPTQ and AWQ have them. */
public final class TransposedScales {
  private TransposedScales() {}

  public static MemorySegment encode(
      String name, Matrix scales, TensorEncoder encoder, SegmentAllocator allocator) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix transposed = Matrix.allocate(arena, scales.columns(), scales.rows());
      for (int g = 0; g < scales.columns(); g++) {
        for (int r = 0; r < scales.rows(); r++) {
          transposed.set(g, r, scales.get(r, g));
        }
      }
      return encoder.encode(name, transposed, DType.F16, allocator);
    }
  }

  /**
   * Decodes the scales of consecutive rows.
   *
   * @param stored [groups, rows of the layer]
   * @param scales receives [rows, groups]
   */
  public static void decode(TensorView stored, int firstRow, Matrix scales, TensorReader reader) {
    long all = stored.shape().getLast();
    try (Arena arena = Arena.ofConfined()) {
      Matrix some = Matrix.allocate(arena, 1, scales.rows());
      for (int g = 0; g < scales.columns(); g++) {
        reader.decode(stored, g * all + firstRow, some.row(0));
        for (int r = 0; r < scales.rows(); r++) {
          scales.set(r, g, some.get(0, r));
        }
      }
    }
  }
}
