// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.file;

import dev.awp.format.awq.AwqCodes;
import dev.awp.format.gptq.GptqCodes;
import dev.awp.format.packed.CodePacking;
import dev.awp.format.packed.PackedCodes;
import dev.awp.format.packed.PackedMatrix;
import dev.awp.inspect.StoredGrid;
import dev.awp.stored.TensorView;
import java.util.stream.IntStream;

/**
 * GPTQ and AWQ "gemm" layers, which are stored transposed: packed along the inputs, or along the
 * outputs. The shapes tell which of them it is.
 */
final class ColumnPackedLayer {
  private ColumnPackedLayer() {}

  /**
   * Tells the packing.
   *
   * @param zeroOffset what has to be added to a stored zero point of GPTQ
   */
  static PackedWeight of(PackedLayer layer, int zeroOffset) {
    TensorView packed = layer.words("qweight", 2);
    TensorView zeros = layer.words("qzeros", 2);
    TensorView scales = layer.scales("scales");
    int groups = SmallTensor.size(scales, 0);
    int outputs = SmallTensor.size(scales, 1);
    int words = SmallTensor.size(zeros, 1);
    boolean awq = SmallTensor.size(packed, 1) * AwqCodes.PER_WORD == outputs;
    int bits = outputs == 0 ? 0 : words * Integer.SIZE / outputs;
    boolean fits =
        groups > 0
            && bits >= 1
            && bits <= 8
            && words == CodePacking.stream(bits).words(outputs)
            && SmallTensor.size(zeros, 0) == groups
            && (awq ? bits == AwqCodes.BITS : SmallTensor.size(packed, 1) == outputs);
    if (!fits) {
      throw SmallTensor.malformed(
          packed,
          "has shape %s, with qzeros %s and scales %s: neither GPTQ's packing nor AWQ's"
              .formatted(packed.shape(), zeros.shape(), scales.shape()));
    }
    int stored = SmallTensor.size(packed, 0);
    int most = awq ? stored : Math.toIntExact((long) stored * Integer.SIZE / bits);
    int[] groupOf = groups(layer, most, groups);
    int columns = groupOf.length;
    PackedCodes codes =
        awq
            ? new AwqCodes(outputs, columns, groups, packed, zeros, scales, layer.reader())
            : new GptqCodes(
                bits, zeroOffset, outputs, columns, groups, packed, zeros, scales, layer.reader());
    StoredGrid grid =
        new StoredGrid(
            bits,
            Math.ceilDiv(columns, groups),
            PackedWeight.isSymmetric(codes, outputs, groups, bits));
    PackedMatrix matrix = new PackedMatrix(layer.weight(), outputs, codes, groups, groupOf);
    return new PackedWeight(matrix, awq ? "awq" : "gptq", grid, layer.bytes(), layer.kernels());
  }

  /** The group of every column: GPTQ may have ordered the columns by activation. */
  private static int[] groups(PackedLayer layer, int columns, int count) {
    if (!layer.has("g_idx")) {
      return PackedMatrix.consecutive(columns, Math.ceilDiv(columns, count));
    }
    TensorView view = layer.words("g_idx", 1);
    int length = SmallTensor.size(view, 0);
    int[] groups = StoredBytes.words(view, Math.min(length, columns));
    if (length > columns || IntStream.of(groups).anyMatch(g -> g < 0 || g >= count)) {
      throw SmallTensor.malformed(
          view,
          "%s for %s columns names groups outside 0 .. %s"
              .formatted(view.shape(), columns, count - 1));
    }
    return groups;
  }
}
