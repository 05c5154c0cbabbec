// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.compressedtensors;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.constraint.Grid;
import dev.awp.constraint.block.BlockGrid;
import dev.awp.tensor.DType;
import dev.awp.tensor.Float8;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Numbers of four bits in floating point, e2m1, with a scale of eight bits for each group
 * (compressed-tensors' compressors nvfp4 and mxfp4). Value = number * scale / global scale, which
 * only NVFP4 has.
 */
@SuppressWarnings("ImmutableEnumChecker") // nobody writes into the tables
enum FloatKind implements PackScheme {
  NVFP4("nvfp4-pack-quantized", BlockGrid.NVFP4, "tensor_group", DType.F8_E4M3, DType.F8_E4M3),
  MXFP4("mxfp4-pack-quantized", BlockGrid.MXFP4, "group", DType.U8, DType.F8_E8M0);

  private final String layout;
  private final BlockGrid grid;
  private final String strategy;
  private final DType scaleType;
  private final float[] scales;
  private final Map<Float, Byte> bytes = new HashMap<>();

  FloatKind(String layout, BlockGrid grid, String strategy, DType scaleType, DType meaning) {
    this.layout = layout;
    this.grid = grid;
    this.strategy = strategy;
    this.scaleType = scaleType;
    this.scales = Float8.table(meaning);
    for (int bits = 0; bits < scales.length; bits++) {
      bytes.putIfAbsent(scales[bits], (byte) bits);
    }
  }

  /** The kind whose values a grid has. */
  static Optional<FloatKind> of(Grid grid) {
    return Arrays.stream(values())
        .filter(kind -> BlockGrid.behind(grid).filter(kind.grid::equals).isPresent())
        .findFirst();
  }

  /** The kind whose scales are stored in that type. */
  static Optional<FloatKind> of(DType scaleType) {
    return Arrays.stream(values()).filter(kind -> kind.scaleType == scaleType).findFirst();
  }

  @Override
  public String layout() {
    return layout;
  }

  @Override
  public int groupSize() {
    return grid.groupColumns();
  }

  @Override
  public void describe(ObjectNode weights) {
    weights.put("num_bits", 4).put("type", "float").put("symmetric", true);
    weights.put("strategy", strategy);
  }

  /** The type of the tensor of scales. */
  DType scaleType() {
    return scaleType;
  }

  /** Whether all scales of a matrix are divided by one number besides. */
  boolean hasGlobalScale() {
    return grid.hasMatrixScale();
  }

  /** The scale that a byte stands for. */
  float scale(int bits) {
    return scales[bits];
  }

  /**
   * The byte of a scale.
   *
   * @throws IllegalStateException where there is none
   */
  byte bits(float scale) {
    Byte found = bytes.get(scale);
    if (found == null) {
      throw new IllegalStateException("%s cannot store the scale %s".formatted(this, scale));
    }
    return found;
  }
}
