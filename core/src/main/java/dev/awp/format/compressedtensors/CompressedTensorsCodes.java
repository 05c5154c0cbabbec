// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.compressedtensors;

import dev.awp.format.packed.CodePacking;
import dev.awp.format.packed.PackedCodes;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorView;
import dev.awp.tensor.Matrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A layer as compressed-tensors packs it ("pack-quantized"): every row of codes is a stream, and so
 * is every column of zero points.
 *
 * @param packed [rows, words]
 * @param scale [rows, groups]
 * @param zeroPoint [words, groups]; without, zero points lie in the middle of the codes
 */
public record CompressedTensorsCodes(
    CodePacking packing,
    int rows,
    int columns,
    int groups,
    TensorView packed,
    TensorView scale,
    Optional<TensorView> zeroPoint,
    TensorReader reader)
    implements PackedCodes {
  @Override
  public List<TensorView> tensors() {
    List<TensorView> all = new ArrayList<>(List.of(packed, scale));
    zeroPoint.ifPresent(all::add);
    return all;
  }

  @Override
  public void codes(int firstRow, int count, int[] codes) {
    int words = packing.words(columns);
    int[] row = new int[words];
    for (int r = 0; r < count; r++) {
      packed.copyInts((long) (firstRow + r) * words, row, 0, words);
      packing.unpack(row, codes, r * columns, columns);
    }
  }

  @Override
  public void zeroPoints(int firstRow, int count, int[] zeroPoints) {
    if (zeroPoint.isEmpty()) {
      Arrays.fill(zeroPoints, 1 << (packing.bits() - 1));
      return;
    }
    int start = firstRow / packing.period() * packing.period();
    int span = Math.min(rows, firstRow + count) - start;
    int words = packing.words(span);
    int[] lines = new int[words * groups];
    zeroPoint.get().copyInts((long) packing.words(start) * groups, lines, 0, lines.length);
    int[] stream = new int[words];
    int[] column = new int[span];
    for (int g = 0; g < groups; g++) {
      for (int w = 0; w < words; w++) {
        stream[w] = lines[w * groups + g];
      }
      packing.unpack(stream, column, 0, span);
      for (int r = 0; r < count; r++) {
        zeroPoints[r * groups + g] = column[firstRow - start + r];
      }
    }
  }

  @Override
  public void scales(int firstRow, Matrix scales) {
    reader.decodeRows(scale, firstRow, scales);
  }
}
