// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect;

import dev.awp.checkpoint.TensorView;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * GPTQ and AWQ "gemm" layers, which are stored transposed. GPTQ: words stream down the inputs, zero
 * points along the outputs. AWQ: eight outputs in a word, in the order 0 2 4 6 1 3 5 7. The shapes
 * tell which of them it is.
 */
final class ColumnPackedCodes implements PackedCodes {
  private static final int AWQ_PER_WORD = 8;

  /** Where in its word the output i of eight lies. */
  private static final int[] AWQ_PLACE = {0, 4, 1, 5, 2, 6, 3, 7};

  private final TensorView packed;
  private final boolean awq;
  private final int rows;
  private final int columns;
  private final StoredGrid grid;
  private final int[] groups;
  private final float[][] scales;
  private final int[][] zeroPoints;

  private ColumnPackedCodes(
      TensorView packed,
      boolean awq,
      int columns,
      int bits,
      int[] groups,
      float[][] scales,
      int[][] zeroPoints) {
    this.packed = packed;
    this.awq = awq;
    this.rows = scales[0].length;
    this.columns = columns;
    this.groups = groups;
    this.scales = scales;
    this.zeroPoints = zeroPoints;
    boolean symmetric = true;
    for (int[] ofGroup : zeroPoints) {
      for (int zero : ofGroup) {
        symmetric &= zero == 1 << (bits - 1);
      }
    }
    this.grid = new StoredGrid(bits, Math.ceilDiv(columns, scales.length), symmetric);
  }

  /**
   * @param zeroOffset what has to be added to a stored zero point of GPTQ
   */
  static ColumnPackedCodes of(String module, Map<String, TensorView> tensors, int zeroOffset) {
    TensorView packed = SmallTensor.words(tensors, module + ".qweight", 2);
    TensorView zeros = SmallTensor.words(tensors, module + ".qzeros", 2);
    float[][] scales = SmallTensor.values(SmallTensor.of(tensors, module + ".scales", 2));
    int outputs = scales.length == 0 ? 0 : scales[0].length;
    int words = SmallTensor.size(zeros, 1);
    boolean awq = SmallTensor.size(packed, 1) * AWQ_PER_WORD == outputs;
    int bits = outputs == 0 ? 0 : words * Integer.SIZE / outputs;
    boolean fits =
        bits >= 1
            && bits <= 8
            && words == Math.ceilDiv(outputs * bits, Integer.SIZE)
            && SmallTensor.size(zeros, 0) == scales.length
            && (awq ? bits == 4 : SmallTensor.size(packed, 1) == outputs);
    if (!fits) {
      throw SmallTensor.malformed(
          packed,
          "has shape %s, with qzeros %s and scales [%d, %d]: neither GPTQ's packing nor AWQ's"
              .formatted(packed.shape(), zeros.shape(), scales.length, outputs));
    }
    int stored = SmallTensor.size(packed, 0);
    int columns = awq ? stored : Math.toIntExact((long) stored * Integer.SIZE / bits);
    int[] groups = groups(module, tensors, columns, scales.length);
    int[][] points = zeroPoints(zeros, outputs, bits, awq, zeroOffset);
    return new ColumnPackedCodes(packed, awq, groups.length, bits, groups, scales, points);
  }

  /** The group of every column: GPTQ may have ordered the columns by activation. */
  private static int[] groups(
      String module, Map<String, TensorView> tensors, int columns, int count) {
    if (!tensors.containsKey(module + ".g_idx")) {
      int size = Math.ceilDiv(columns, count);
      return IntStream.range(0, columns).map(c -> c / size).toArray();
    }
    TensorView view = SmallTensor.words(tensors, module + ".g_idx", 1);
    int length = SmallTensor.size(view, 0);
    int[] groups = StoredBytes.words(view, length);
    if (length > columns || IntStream.of(groups).anyMatch(g -> g < 0 || g >= count)) {
      throw SmallTensor.malformed(
          view,
          "%s for %d columns names groups outside 0 .. %d"
              .formatted(view.shape(), columns, count - 1));
    }
    return groups;
  }

  private static int[][] zeroPoints(
      TensorView view, int outputs, int bits, boolean awq, int zeroOffset) {
    int groups = SmallTensor.size(view, 0);
    int width = SmallTensor.size(view, 1);
    int[][] points = new int[groups][outputs];
    int[][] lines = StoredBytes.strips(view, 0, width, groups, width);
    for (int g = 0; g < groups; g++) {
      int[] words = lines[g];
      for (int n = 0; n < outputs; n++) {
        points[g][n] =
            awq
                ? StoredBytes.bits(words, awqBit(n), bits)
                : StoredBytes.bits(words, (long) n * bits, bits) + zeroOffset;
      }
    }
    return points;
  }

  private static long awqBit(int n) {
    return (long) n / AWQ_PER_WORD * Integer.SIZE + 4L * AWQ_PLACE[n % AWQ_PER_WORD];
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
    return awq ? "awq" : "gptq";
  }

  @Override
  public void read(int firstRow, int[][] codes) {
    if (awq) {
      readAwq(firstRow, codes);
    } else {
      readGptq(firstRow, codes);
    }
  }

  private void readAwq(int firstRow, int[][] codes) {
    int width = SmallTensor.size(packed, 1);
    int firstWord = firstRow / AWQ_PER_WORD;
    int count = Math.ceilDiv(firstRow + codes.length, AWQ_PER_WORD) - firstWord;
    int[][] words = StoredBytes.strips(packed, firstWord, width, columns, count);
    for (int k = 0; k < columns; k++) {
      for (int r = 0; r < codes.length; r++) {
        int n = firstRow + r - firstWord * AWQ_PER_WORD;
        codes[r][k] = StoredBytes.bits(words[k], awqBit(n), grid.bits());
      }
    }
  }

  private void readGptq(int firstRow, int[][] codes) {
    int height = SmallTensor.size(packed, 0);
    int[][] words = StoredBytes.strips(packed, firstRow, rows, height, codes.length);
    int[] stream = new int[height];
    for (int r = 0; r < codes.length; r++) {
      for (int i = 0; i < height; i++) {
        stream[i] = words[i][r];
      }
      for (int k = 0; k < columns; k++) {
        codes[r][k] = StoredBytes.bits(stream, (long) k * grid.bits(), grid.bits());
      }
    }
  }

  @Override
  public int group(int column) {
    return groups[column];
  }

  @Override
  public float scale(int row, int group) {
    return scales[group][row];
  }

  @Override
  public int zeroPoint(int row, int group) {
    return zeroPoints[group][row];
  }
}
