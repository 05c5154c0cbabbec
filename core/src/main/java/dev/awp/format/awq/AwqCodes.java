// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.awq;

import dev.awp.format.packed.PackedCodes;
import dev.awp.format.packed.TransposedScales;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorView;
import dev.awp.tensor.Matrix;
import java.util.List;

/**
 * A layer as AutoAWQ's "gemm" packs it: a word holds 4-bit codes of eight consecutive rows in one
 * column, in an order of its own.
 *
 * @param weight [columns, rows / 8]
 * @param zeros [groups, rows / 8]
 * @param scale [groups, rows]
 */
public record AwqCodes(
    int rows,
    int columns,
    int groups,
    TensorView weight,
    TensorView zeros,
    TensorView scale,
    TensorReader reader)
    implements PackedCodes {
  /** Of a code. */
  public static final int BITS = 4;

  /** Codes of a word. */
  public static final int PER_WORD = Integer.SIZE / BITS;

  private static final int MASK = (1 << BITS) - 1;

  /** Which of eight rows lies at a word's i-th four bits. */
  private static final int[] ORDER = {0, 2, 4, 6, 1, 3, 5, 7};

  /** How far a row's code is shifted in its word. */
  private static final int[] SHIFT = shifts();

  private static int[] shifts() {
    int[] shifts = new int[PER_WORD];
    for (int i = 0; i < PER_WORD; i++) {
      shifts[ORDER[i]] = i * BITS;
    }
    return shifts;
  }

  /** How far the code of that row is shifted in its word. */
  static int shift(int row) {
    return SHIFT[row % PER_WORD];
  }

  @Override
  public List<TensorView> tensors() {
    return List.of(weight, zeros, scale);
  }

  @Override
  public void codes(int firstRow, int count, int[] codes) {
    unpack(weight, columns, firstRow, count, codes);
  }

  @Override
  public void zeroPoints(int firstRow, int count, int[] zeroPoints) {
    unpack(zeros, groups, firstRow, count, zeroPoints);
  }

  /** Unpacks some columns of a [lines, rows / 8] tensor, transposed. */
  private void unpack(TensorView stored, int lines, int firstRow, int count, int[] out) {
    int firstWord = firstRow / PER_WORD;
    int words = (firstRow + count - 1) / PER_WORD - firstWord + 1;
    int[] line = new int[words];
    for (int k = 0; k < lines; k++) {
      stored.copyInts((long) k * (rows / PER_WORD) + firstWord, line, 0, words);
      for (int r = 0; r < count; r++) {
        int row = firstRow + r;
        out[r * lines + k] = line[row / PER_WORD - firstWord] >>> shift(row) & MASK;
      }
    }
  }

  @Override
  public void scales(int firstRow, Matrix scales) {
    TransposedScales.decode(scale, firstRow, scales, reader);
  }
}
