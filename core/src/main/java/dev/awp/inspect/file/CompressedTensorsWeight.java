// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.file;

import dev.awp.format.compressedtensors.CompressedTensorsCodes;
import dev.awp.format.packed.CodePacking;
import dev.awp.format.packed.PackedMatrix;
import dev.awp.inspect.StoredGrid;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * compressed-tensors "pack-quantized": rows of words, zero points packed along the rows. At 3 bits,
 * versions up to 0.17.1 put ten codes into each word, later ones a stream.
 */
final class CompressedTensorsWeight {
  private static final int MOST_BITS = 8;

  private CompressedTensorsWeight() {}

  static PackedWeight of(PackedLayer layer) {
    TensorView packed = layer.words("weight_packed", 2);
    int[] shape = shape(layer.part("weight_shape", 1));
    int rows = shape[0];
    int columns = shape[1];
    TensorView scale = layer.scales("weight_scale");
    CodePacking packing =
        packing(columns, SmallTensor.size(packed, 1))
            .filter(_ -> SmallTensor.size(packed, 0) == rows)
            .orElseThrow(
                () ->
                    SmallTensor.malformed(
                        packed,
                        "has shape %s, no packing of [%s, %s]"
                            .formatted(packed.shape(), rows, columns)));
    int groups = SmallTensor.size(scale, 0) == rows ? SmallTensor.size(scale, 1) : 0;
    if (groups == 0 || columns % groups != 0) {
      throw SmallTensor.malformed(
          scale, "has shape %s for weights [%s, %s]".formatted(scale.shape(), rows, columns));
    }
    Optional<TensorView> zeros =
        layer.has("weight_zero_point")
            ? Optional.of(layer.words("weight_zero_point", 2))
            : Optional.empty();
    zeros.ifPresent(view -> checkZeros(view, packing.words(rows), groups));
    CompressedTensorsCodes codes =
        new CompressedTensorsCodes(
            packing, rows, columns, groups, packed, scale, zeros, layer.reader());
    int size = columns / groups;
    PackedMatrix matrix =
        new PackedMatrix(
            layer.weight(), rows, codes, groups, PackedMatrix.consecutive(columns, size));
    StoredGrid grid = new StoredGrid(packing.bits(), size, zeros.isEmpty());
    return new PackedWeight(matrix, "compressed-tensors", grid, layer.bytes(), layer.kernels());
  }

  private static void checkZeros(TensorView view, int words, int groups) {
    if (SmallTensor.size(view, 0) != words || SmallTensor.size(view, 1) != groups) {
      throw SmallTensor.malformed(
          view, "has shape %s where [%s, %s] is expected".formatted(view.shape(), words, groups));
    }
  }

  private static int[] shape(TensorView view) {
    if (view.dtype() != DType.I64 || view.shape().getFirst() != 2) {
      throw SmallTensor.malformed(
          view, "is %s %s, not I64 [2]".formatted(view.dtype(), view.shape()));
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = StoredBytes.copy(view, 0, 2 * Long.BYTES, arena);
      long[] shape =
          bytes.toArray(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN));
      if (LongStream.of(shape).anyMatch(size -> size < 0 || size > Integer.MAX_VALUE)) {
        throw SmallTensor.malformed(view, "says [%s, %s]".formatted(shape[0], shape[1]));
      }
      return new int[] {(int) shape[0], (int) shape[1]};
    }
  }

  /**
   * The widest codes of which so many take so many words, as a stream before padded. Real layers
   * have columns enough for one width only.
   */
  private static Optional<CodePacking> packing(int columns, int words) {
    for (boolean padded : new boolean[] {false, true}) {
      for (int b = MOST_BITS; b >= 1; b--) {
        CodePacking packing = new CodePacking(b, padded);
        if (packing.words(columns) == words) {
          return Optional.of(packing);
        }
      }
    }
    return Optional.empty();
  }
}
