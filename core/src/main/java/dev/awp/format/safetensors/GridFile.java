// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.safetensors;

import dev.awp.AwpException;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.format.LayerPlan;
import dev.awp.kernel.Kernels;
import dev.awp.model.LinearLayer;
import dev.awp.safetensors.SafetensorsFile;
import dev.awp.stored.TensorEncoder;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorSpec;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  private final Map<String, TensorView> tensors;

  private GridFile(Map<String, TensorView> tensors) {
    this.tensors = tensors;
  }

  /**
   * Opens the file of a model folder, where there is one.
   *
   * @param arena owns the map
   */
  public static Optional<GridFile> open(Path folder, Arena arena) {
    Path file = folder.resolve(NAME);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    Map<String, TensorView> tensors = new HashMap<>();
    SafetensorsFile.map(file, arena).forEach(view -> tensors.put(view.name(), view));
    return Optional.of(new GridFile(tensors));
  }

  /** The parameters of constraints without a grid. */
  public static GridParameters none(SegmentAllocator allocator) {
    return new GridParameters(Matrix.allocate(allocator, 0, 0), Matrix.allocate(allocator, 0, 0));
  }

  /**
   * A layer's grid.
   *
   * @throws AwpException where a tensor of it is missing or has another shape or type
   */
  public GridParameters parameters(String layer, Kernels kernels, SegmentAllocator allocator) {
    TensorReader reader = new TensorReader(kernels);
    Matrix scales = reader.matrix(tensor(scaleName(layer)), allocator);
    Matrix zeroPoints = zeroPoints(tensor(zeroPointName(layer)), scales, allocator);
    GridParameters parameters = new GridParameters(scales, zeroPoints);
    TensorView channels = tensors.get(channelScaleName(layer));
    return channels == null
        ? parameters
        : parameters.withChannelScales(reader.matrix(channels, allocator));
  }

  private TensorView tensor(String name) {
    TensorView view = tensors.get(name);
    if (view == null) {
      throw new AwpException(NAME + ": tensor " + name + " is missing");
    }
    return view;
  }

  private static Matrix zeroPoints(TensorView stored, Matrix scales, SegmentAllocator allocator) {
    if (stored.dtype() != DType.U8 || stored.data().byteSize() != scales.size()) {
      throw new AwpException(
          "%s: tensor %s is %s %s where one byte for each scale is expected"
              .formatted(NAME, stored.name(), stored.dtype(), stored.shape()));
    }
    Matrix zeroPoints = Matrix.allocate(allocator, scales.rows(), scales.columns());
    for (int r = 0; r < scales.rows(); r++) {
      for (int g = 0; g < scales.columns(); g++) {
        long at = (long) r * scales.columns() + g;
        zeroPoints.set(r, g, stored.data().get(ValueLayout.JAVA_BYTE, at) & 0xff);
      }
    }
    return zeroPoints;
  }

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
