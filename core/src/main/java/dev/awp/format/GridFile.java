// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format;

import dev.awp.checkpoint.CheckpointWriter;
import dev.awp.checkpoint.TensorEncoder;
import dev.awp.checkpoint.TensorSpec;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.IntegerGrid;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Scales and zero points of a quantized model that is written as dense tensors:
 * awp/grid.safetensors in the output folder, where model loaders do not look. With it every value
 * of a compressed layer can be checked against its grid: value = round((code - zero_point) *
 * scale), rounded to the stored type.
 */
public final class GridFile {
  /** Path inside the output folder. */
  public static final String NAME = "awp/grid.safetensors";

  private GridFile() {}

  /** The tensors that a quantized layer adds: scales in the layer's type, zero points as bytes. */
  public static List<TensorSpec> tensors(String layer, IntegerGrid grid, int rows, int columns) {
    List<Long> shape = List.of((long) rows, (long) grid.groups(columns));
    return List.of(
        new TensorSpec(scaleName(layer), grid.storage(), shape),
        new TensorSpec(zeroPointName(layer), DType.U8, shape));
  }

  public static String scaleName(String layer) {
    return layer + ".scale";
  }

  public static String zeroPointName(String layer) {
    return layer + ".zero_point";
  }

  static void write(
      String layer,
      DType storage,
      GridParameters grid,
      CheckpointWriter writer,
      TensorEncoder encoder) {
    try (Arena arena = Arena.ofConfined()) {
      String scale = scaleName(layer);
      writer.write(scale, encoder.encode(scale, grid.scales(), storage, arena));
      writer.write(zeroPointName(layer), bytes(grid.zeroPoints(), arena));
    }
  }

  private static MemorySegment bytes(Matrix zeroPoints, Arena arena) {
    MemorySegment bytes = arena.allocate(zeroPoints.size());
    long at = 0;
    for (int r = 0; r < zeroPoints.rows(); r++) {
      for (int g = 0; g < zeroPoints.columns(); g++) {
        bytes.set(ValueLayout.JAVA_BYTE, at++, (byte) (int) zeroPoints.get(r, g));
      }
    }
    return bytes;
  }
}
