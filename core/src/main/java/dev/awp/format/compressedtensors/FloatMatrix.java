// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.compressedtensors;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.AwpException;
import dev.awp.format.packed.PackedShapes;
import dev.awp.kernel.Kernels;
import dev.awp.stored.EncodedTensor;
import dev.awp.stored.StoredType;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import dev.awp.tensor.Float4;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A weight of numbers of four bits in floating point: two of them a byte, the first in the low
 * half.
 *
 * @param packed [rows, columns / 2]
 * @param scale [rows, groups]
 * @param global what scales are divided by, one number; empty where the kind has none
 */
public record FloatMatrix(
    String name,
    FloatKind kind,
    int rows,
    int columns,
    TensorView packed,
    TensorView scale,
    Optional<TensorView> global)
    implements EncodedTensor {
  private static final ValueLayout.OfFloat NUMBER =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  static final String PACKED = ".weight_packed";
  static final String SCALE = ".weight_scale";
  static final String GLOBAL = ".weight_global_scale";

  /**
   * Opens a weight, of this program's or another's writing. Its own shape is that of its codes.
   *
   * @param module what the names of its tensors begin with
   * @param tensors by name; empty where there is none
   * @throws AwpException where a tensor is missing, or has another type or shape than it must have
   */
  public static FloatMatrix open(String module, Function<String, Optional<TensorView>> tensors) {
    TensorView packed = tensors.apply(module + PACKED).orElseThrow();
    TensorView scale =
        tensors
            .apply(module + SCALE)
            .orElseThrow(() -> PackedShapes.fail(packed, "has no weight_scale beside it"));
    FloatKind kind =
        FloatKind.of(scale.dtype())
            .orElseThrow(
                () ->
                    PackedShapes.fail(
                        scale,
                        "is %s, where scales of four-bit numbers are F8_E4M3 or U8"
                            .formatted(scale.dtype())));
    if (packed.dtype() != DType.U8 || packed.shape().size() != 2) {
      throw PackedShapes.fail(
          packed, "is %s %s, not a matrix of U8".formatted(packed.dtype(), packed.shape()));
    }
    long rows = packed.shape().getFirst();
    long columns = 2 * packed.shape().getLast();
    if (rows > Integer.MAX_VALUE || columns > Integer.MAX_VALUE) {
      throw PackedShapes.fail(packed, "has shape %s, too large".formatted(packed.shape()));
    }
    PackedShapes.check(scale, kind.scaleType(), rows, Math.ceilDiv(columns, kind.groupSize()));
    Optional<TensorView> global = Optional.empty();
    if (kind.hasGlobalScale()) {
      global = tensors.apply(module + GLOBAL);
      PackedShapes.check(
          global.orElseThrow(
              () -> PackedShapes.fail(packed, "has no weight_global_scale beside it")),
          DType.F32,
          1);
    }
    String name = module + ".weight";
    return new FloatMatrix(name, kind, (int) rows, (int) columns, packed, scale, global);
  }

  @Override
  public List<Long> shape() {
    return List.of((long) rows, (long) columns);
  }

  @Override
  public StoredType type() {
    return StoredType.codes(kind.name());
  }

  @Override
  public List<TensorView> parts() {
    List<TensorView> all = new ArrayList<>(List.of(packed, scale));
    global.ifPresent(all::add);
    return all;
  }

  @Override
  public Path file() {
    return packed.file();
  }

  private float divisor() {
    if (global.isEmpty()) {
      return 1;
    }
    byte[] stored = new byte[Float.BYTES];
    global.get().copyTo(0, MemorySegment.ofArray(stored));
    return MemorySegment.ofArray(stored).get(NUMBER, 0);
  }

  @Override
  public void decodeRows(int firstRow, Matrix destination, Kernels kernels) {
    float divisor = divisor();
    int groups = Math.ceilDiv(columns, kind.groupSize());
    byte[] codes = new byte[columns / 2];
    byte[] scales = new byte[groups];
    float[] row = new float[columns];
    for (int r = 0; r < destination.rows(); r++) {
      packed.copyTo((long) (firstRow + r) * codes.length, MemorySegment.ofArray(codes));
      scale.copyTo((long) (firstRow + r) * groups, MemorySegment.ofArray(scales));
      for (int j = 0; j < columns; j++) {
        int nibble = codes[j / 2] >> (j % 2 * 4) & 15;
        float factor = kind.scale(scales[j / kind.groupSize()] & 0xff) / divisor;
        row[j] = Float4.value(nibble) * factor;
      }
      MemorySegment.copy(row, 0, destination.row(r), JAVA_FLOAT, 0, columns);
    }
  }
}
