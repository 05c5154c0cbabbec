// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect;

import dev.awp.checkpoint.TensorView;
import dev.awp.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Map;

/**
 * compressed-tensors "pack-quantized": rows of words, zero points packed along the rows. At 3 bits,
 * versions up to 0.17.1 put ten codes into each word, later ones a stream.
 */
final class CompressedTensorsCodes implements PackedCodes {
  private static final int MOST_BITS = 8;

  private final TensorView packed;
  private final int rows;
  private final int columns;
  private final StoredGrid grid;
  private final Packing packing;
  private final float[][] scales;
  private final int[][] zeroPoints;

  private CompressedTensorsCodes(
      TensorView packed,
      int rows,
      int columns,
      float[][] scales,
      int[][] zeroPoints,
      Packing packing) {
    this.packed = packed;
    this.rows = rows;
    this.columns = columns;
    this.scales = scales;
    this.packing = packing;
    this.zeroPoints = zeroPoints;
    int groupSize = Math.ceilDiv(columns, scales[0].length);
    this.grid = new StoredGrid(packing.bits(), groupSize, zeroPoints.length == 0);
  }

  /** Where in a row of words a code lies. */
  private record Packing(int bits, boolean padded) {
    private int perWord() {
      return Integer.SIZE / bits;
    }

    private int words(int codes) {
      return padded
          ? Math.ceilDiv(codes, perWord())
          : Math.toIntExact(Math.ceilDiv((long) codes * bits, Integer.SIZE));
    }

    private int get(int[] words, int i) {
      long bit = i / perWord() * (long) Integer.SIZE + i % perWord() * (long) bits;
      return StoredBytes.bits(words, padded ? bit : (long) i * bits, bits);
    }
  }

  static CompressedTensorsCodes of(String module, Map<String, TensorView> tensors) {
    TensorView packed = SmallTensor.words(tensors, module + ".weight_packed", 2);
    long[] shape = shape(SmallTensor.of(tensors, module + ".weight_shape", 1));
    int rows = Math.toIntExact(shape[0]);
    int columns = Math.toIntExact(shape[1]);
    TensorView scale = SmallTensor.of(tensors, module + ".weight_scale", 2);
    float[][] scales = SmallTensor.values(scale);
    int words = SmallTensor.size(packed, 1);
    Packing packing = packing(columns, words);
    if (packing.bits() == 0 || SmallTensor.size(packed, 0) != rows) {
      throw SmallTensor.malformed(
          packed, "has shape %s, no packing of [%d, %d]".formatted(packed.shape(), rows, columns));
    }
    int groups = scales.length == rows ? scales[0].length : 0;
    if (groups == 0 || columns % groups != 0) {
      throw SmallTensor.malformed(
          scale, "has shape %s for weights [%d, %d]".formatted(scale.shape(), rows, columns));
    }
    int[][] zeros = new int[0][];
    if (tensors.containsKey(module + ".weight_zero_point")) {
      TensorView view = SmallTensor.words(tensors, module + ".weight_zero_point", 2);
      zeros = zeroPoints(view, rows, groups, packing);
    }
    return new CompressedTensorsCodes(packed, rows, columns, scales, zeros, packing);
  }

  private static long[] shape(TensorView view) {
    if (view.dtype() != DType.I64 || view.shape().getFirst() != 2) {
      throw SmallTensor.malformed(
          view, "is %s %s, not I64 [2]".formatted(view.dtype(), view.shape()));
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = StoredBytes.copy(view, 0, 2 * Long.BYTES, arena);
      return bytes.toArray(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN));
    }
  }

  /**
   * The widest codes of which so many take so many words, as a stream before padded; of 0 bits
   * where there are none. Real layers have columns enough for one width only.
   */
  private static Packing packing(int columns, int words) {
    for (boolean padded : new boolean[] {false, true}) {
      for (int b = MOST_BITS; b >= 1; b--) {
        Packing packing = new Packing(b, padded);
        if (packing.words(columns) == words) {
          return packing;
        }
      }
    }
    return new Packing(0, false);
  }

  private static int[][] zeroPoints(TensorView view, int rows, int groups, Packing packing) {
    int expected = packing.words(rows);
    if (SmallTensor.size(view, 0) != expected || SmallTensor.size(view, 1) != groups) {
      throw SmallTensor.malformed(
          view,
          "has shape %s where [%d, %d] is expected".formatted(view.shape(), expected, groups));
    }
    int[] words = StoredBytes.words(view, expected * groups);
    int[][] zeros = new int[rows][groups];
    int[] column = new int[expected];
    for (int g = 0; g < groups; g++) {
      for (int i = 0; i < expected; i++) {
        column[i] = words[i * groups + g];
      }
      for (int r = 0; r < rows; r++) {
        zeros[r][g] = packing.get(column, r);
      }
    }
    return zeros;
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int columns() {
    return columns;
  }

  @Override
  public StoredGrid grid() {
    return grid;
  }

  @Override
  public String format() {
    return "compressed-tensors";
  }

  @Override
  public void read(int firstRow, int[][] codes) {
    int width = SmallTensor.size(packed, 1);
    int[][] words = StoredBytes.strips(packed, (long) firstRow * width, width, codes.length, width);
    for (int r = 0; r < codes.length; r++) {
      for (int c = 0; c < codes[r].length; c++) {
        codes[r][c] = packing.get(words[r], c);
      }
    }
  }

  @Override
  public int group(int column) {
    return column / grid.groupSize();
  }

  @Override
  public float scale(int row, int group) {
    return scales[row][group];
  }

  @Override
  public int zeroPoint(int row, int group) {
    return zeroPoints.length == 0 ? 1 << (grid.bits() - 1) : zeroPoints[row][group];
  }
}
