// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.compressedtensors;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.block.MatrixScale;
import dev.awp.format.LayerPlan;
import dev.awp.format.safetensors.LayerFormat;
import dev.awp.model.LinearLayer;
import dev.awp.solver.Solution;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorSpec;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import dev.awp.tensor.Float4;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** Layers of four-bit numbers in floating point. */
record FloatLayer(FloatKind kind) implements LayerFormat {
  private static final ValueLayout.OfFloat NUMBER = JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);

  @Override
  public List<TensorSpec> tensors(LayerPlan plan) {
    LinearLayer layer = plan.layer();
    long rows = layer.rows();
    List<TensorSpec> tensors = new ArrayList<>();
    tensors.add(
        new TensorSpec(
            layer.name() + FloatMatrix.PACKED, DType.U8, List.of(rows, layer.columns() / 2L)));
    tensors.add(
        new TensorSpec(
            layer.name() + FloatMatrix.SCALE,
            kind.scaleType(),
            List.of(rows, (long) layer.columns() / kind.groupSize())));
    if (kind.hasGlobalScale()) {
      tensors.add(new TensorSpec(layer.name() + FloatMatrix.GLOBAL, DType.F32, List.of(1L)));
    }
    return tensors;
  }

  @Override
  public void encode(LayerPlan plan, Solution solution, BiConsumer<String, MemorySegment> sink) {
    String layer = plan.layer().name();
    Matrix scales = solution.grid().scales();
    float factor = kind.hasGlobalScale() ? factor(plan, scales) : 1;
    try (Arena arena = Arena.ofConfined()) {
      sink.accept(layer + FloatMatrix.PACKED, packed(layer, solution.weights(), scales, arena));
      MemorySegment bytes = arena.allocate(scales.size());
      for (int r = 0; r < scales.rows(); r++) {
        for (int g = 0; g < scales.columns(); g++) {
          // Levels are twice the numbers, so scales are half of what is stored.
          byte bits = kind.bits(2 * (scales.get(r, g) / factor));
          bytes.set(JAVA_BYTE, (long) r * scales.columns() + g, bits);
        }
      }
      sink.accept(layer + FloatMatrix.SCALE, bytes);
      if (kind.hasGlobalScale()) {
        sink.accept(layer + FloatMatrix.GLOBAL, arena.allocateFrom(NUMBER, 1 / factor));
      }
    }
  }

  /** The power of two that all scales are multiplied by: that of the plan, where it says one. */
  private static float factor(LayerPlan plan, Matrix scales) {
    return plan.constraint()
        .grid()
        .flatMap(MatrixScale::factor)
        .orElseGet(() -> MatrixScale.ofScales(scales));
  }

  private MemorySegment packed(String layer, Matrix weights, Matrix scales, Arena arena) {
    int columns = weights.columns();
    MemorySegment bytes = arena.allocate((long) weights.rows() * (columns / 2));
    float[] row = new float[columns];
    byte[] codes = new byte[columns / 2];
    for (int r = 0; r < weights.rows(); r++) {
      MemorySegment.copy(weights.row(r), JAVA_FLOAT, 0, row, 0, columns);
      for (int j = 0; j < columns; j += 2) {
        float scale = 2 * scales.get(r, j / kind.groupSize());
        int low = Float4.bits(row[j] / scale);
        int high = Float4.bits(row[j + 1] / scale);
        if (low < 0 || high < 0) {
          throw new IllegalStateException(
              "%s, row %s: the values %s, %s are not on its grid of scale %s"
                  .formatted(layer, r, row[j], row[j + 1], scale));
        }
        codes[j / 2] = (byte) (low | high << 4);
      }
      MemorySegment.copy(codes, 0, bytes, JAVA_BYTE, (long) r * codes.length, codes.length);
    }
    return bytes;
  }

  @Override
  public StoredTensor open(LayerPlan plan, Function<String, TensorView> tensors) {
    return FloatMatrix.open(plan.layer().name(), tensors.andThen(Optional::of));
  }
}
