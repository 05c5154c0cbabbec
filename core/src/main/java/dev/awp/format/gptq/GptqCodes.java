// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gptq;

import dev.awp.format.packed.BitStream;
import dev.awp.format.packed.PackedCodes;
import dev.awp.format.packed.TransposedScales;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorView;
import dev.awp.tensor.Matrix;
import java.util.List;

/**
 * A layer as GPTQ packs it: every column of the file is the {@link BitStream} of one row of codes,
 * and every row of zero points is a stream.
 *
 * @param rows of the layer
 * @param zeroPointOffset what is stored less than the zero point: 1 in the first version, 0 in the
 *     second
 * @param weight [words, rows]
 * @param zeros [groups, words]
 * @param scale [groups, rows]
 */
public record GptqCodes(
    int bits,
    int zeroPointOffset,
    int rows,
    int columns,
    int groups,
    TensorView weight,
    TensorView zeros,
    TensorView scale,
    TensorReader reader)
    implements PackedCodes {
  @Override
  public List<TensorView> tensors() {
    return List.of(weight, zeros, scale);
  }

  @Override
  public void codes(int firstRow, int count, int[] codes) {
    int words = BitStream.words(columns, bits);
    int[] lines = new int[words * count];
    for (int w = 0; w < words; w++) {
      weight.copyInts((long) w * rows + firstRow, lines, w * count, count);
    }
    int[] stream = new int[words];
    for (int r = 0; r < count; r++) {
      for (int w = 0; w < words; w++) {
        stream[w] = lines[w * count + r];
      }
      BitStream.unpack(stream, bits, codes, r * columns, columns);
    }
  }

  @Override
  public void zeroPoints(int firstRow, int count, int[] zeroPoints) {
    int words = BitStream.words(rows, bits);
    // Codes are aligned to words every 32 rows at the latest.
    int start = firstRow / Integer.SIZE * Integer.SIZE;
    int span = firstRow + count - start;
    int[] stream = new int[BitStream.words(span, bits)];
    int[] line = new int[span];
    for (int g = 0; g < groups; g++) {
      long first = (long) g * words + (long) start / Integer.SIZE * bits;
      zeros.copyInts(first, stream, 0, stream.length);
      BitStream.unpack(stream, bits, line, 0, span);
      for (int r = 0; r < count; r++) {
        zeroPoints[r * groups + g] = line[firstRow - start + r] + zeroPointOffset;
      }
    }
  }

  @Override
  public void scales(int firstRow, Matrix scales) {
    TransposedScales.decode(scale, firstRow, scales, reader);
  }
}
