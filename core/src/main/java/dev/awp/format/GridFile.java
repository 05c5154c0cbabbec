// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format;

import dev.awp.checkpoint.TensorEncoder;
import dev.awp.checkpoint.TensorSpec;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.IntegerGrid;
import dev.awp.model.LinearLayer;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * Scales and zero points of a quantized model that is written as dense tensors:
 * awp/grid.safetensors in the output folder, where model loaders do not look. With it every value
 * of a compressed layer can be checked against its grid: value = round((code - zero_point) *
 * scale), rounded to the stored type. A layer whose columns were scaled before they were rounded
 * has channel scales besides: value = round((code - zero_point) * scale / channel_scale).
 */
public final class GridFile {
  /** Path inside the output folder. */
  public static final String NAME = "awp/grid.safetensors";

  private GridFile() {}

  /** The tensors that a quantized layer adds: scales in the layer's type, zero points as bytes. */
  static List<TensorSpec> tensors(LayerPlan plan) {
    IntegerGrid grid = plan.grid().orElseThrow();
    LinearLayer layer = plan.layer();
    List<Long> shape = List.of((long) layer.rows(), (long) grid.groups(layer.columns()));
    List<TensorSpec> tensors = new ArrayList<>();
    tensors.add(new TensorSpec(scaleName(layer.name()), plan.dtype(), shape));
    tensors.add(new TensorSpec(zeroPointName(layer.name()), DType.U8, shape));
    if (plan.channelScales()) {
      List<Long> channels = List.of((long) layer.columns());
      tensors.add(new TensorSpec(channelScaleName(layer.name()), plan.dtype(), channels));
    }
    return tensors;
  }

  public static String scaleName(String layer) {
    return layer + ".scale";
  }

  public static String zeroPointName(String layer) {
    return layer + ".zero_point";
  }

  public static String channelScaleName(String layer) {
    return layer + ".channel_scale";
  }

  static void encode(
      LayerPlan plan,
      GridParameters grid,
      TensorEncoder encoder,
      BiConsumer<String, MemorySegment> sink) {
    String layer = plan.layer().name();
    try (Arena arena = Arena.ofConfined()) {
      String scale = scaleName(layer);
      sink.accept(scale, encoder.encode(scale, grid.scales(), plan.dtype(), arena));
      sink.accept(zeroPointName(layer), bytes(grid.zeroPoints(), arena));
      if (grid.channelScales().isPresent()) {
        String channel = channelScaleName(layer);
        Matrix factors = grid.channelScales().get();
        sink.accept(channel, encoder.encode(channel, factors, plan.dtype(), arena));
      }
    }
  }

  private static MemorySegment bytes(Matrix zeroPoints, Arena arena) {
    MemorySegment bytes = arena.allocate(zeroPoints.size());
    long at = 0;
    for (int r = 0; r < zeroPoints.rows(); r++) {
      for (int g = 0; g < zeroPoints.columns(); g++) {
        bytes.set(ValueLayout.JAVA_BYTE, at++, (byte) (int) zeroPoints.get(r, g));
      }
    }
    return bytes;
  }
}
