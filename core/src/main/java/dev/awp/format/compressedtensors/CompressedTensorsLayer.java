// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.compressedtensors;

import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.format.LayerPlan;
import dev.awp.format.packed.BitStream;
import dev.awp.format.packed.CodePacking;
import dev.awp.format.packed.GridCodes;
import dev.awp.format.packed.PackedCodes;
import dev.awp.format.packed.PackedMatrix;
import dev.awp.format.packed.PackedShapes;
import dev.awp.format.packed.WordMatrix;
import dev.awp.format.safetensors.DenseFormat.DenseLayer;
import dev.awp.format.safetensors.LayerFormat;
import dev.awp.model.LinearLayer;
import dev.awp.solver.Solution;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorEncoder;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorSpec;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** Layers as compressed-tensors packs them; those that lie on no grid stay dense. */
public record CompressedTensorsLayer(TensorEncoder encoder, TensorReader reader)
    implements LayerFormat {
  private static final ValueLayout.OfLong SIZE =
      ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

  static String packed(LinearLayer layer) {
    return layer.name() + ".weight_packed";
  }

  static String scale(LinearLayer layer) {
    return layer.name() + ".weight_scale";
  }

  static String shape(LinearLayer layer) {
    return layer.name() + ".weight_shape";
  }

  static String zeroPoint(LinearLayer layer) {
    return layer.name() + ".weight_zero_point";
  }

  /** What writes a layer of no whole numbers. */
  private LayerFormat other(LayerPlan plan) {
    return plan.constraint()
        .grid()
        .flatMap(FloatKind::of)
        .<LayerFormat>map(FloatLayer::new)
        .orElseGet(() -> new DenseLayer(encoder));
  }

  @Override
  public List<TensorSpec> tensors(LayerPlan plan) {
    if (plan.grid().isEmpty()) {
      return other(plan).tensors(plan);
    }
    IntegerGrid grid = plan.grid().get();
    LinearLayer layer = plan.layer();
    long rows = layer.rows();
    long words = BitStream.words(layer.columns(), grid.bits());
    long groups = grid.groups(layer.columns());
    List<TensorSpec> tensors = new ArrayList<>();
    tensors.add(new TensorSpec(packed(layer), DType.I32, List.of(rows, words)));
    tensors.add(new TensorSpec(scale(layer), plan.dtype(), List.of(rows, groups)));
    tensors.add(new TensorSpec(shape(layer), DType.I64, List.of(2L)));
    if (!grid.symmetric()) {
      long zeroWords = BitStream.words(layer.rows(), grid.bits());
      tensors.add(new TensorSpec(zeroPoint(layer), DType.I32, List.of(zeroWords, groups)));
    }
    return tensors;
  }

  @Override
  public void encode(LayerPlan plan, Solution solution, BiConsumer<String, MemorySegment> sink) {
    if (plan.grid().isEmpty()) {
      other(plan).encode(plan, solution, sink);
      return;
    }
    IntegerGrid grid = plan.grid().get();
    LinearLayer layer = plan.layer();
    GridCodes codes = new GridCodes(plan, solution);
    try (Arena arena = Arena.ofConfined()) {
      sink.accept(packed(layer), packedRows(codes, layer, grid.bits(), arena));
      String scale = scale(layer);
      sink.accept(scale, encoder.encode(scale, codes.scales(), plan.dtype(), arena));
      MemorySegment shape = arena.allocate(SIZE, 2);
      shape.setAtIndex(SIZE, 0, layer.rows());
      shape.setAtIndex(SIZE, 1, layer.columns());
      sink.accept(shape(layer), shape);
      if (!grid.symmetric()) {
        sink.accept(zeroPoint(layer), zeroPoints(codes, layer, grid.bits(), arena));
      }
    }
  }

  private static MemorySegment packedRows(
      GridCodes codes, LinearLayer layer, int bits, Arena arena) {
    int words = BitStream.words(layer.columns(), bits);
    WordMatrix packed = new WordMatrix(layer.rows(), words, arena);
    int[] row = new int[layer.columns()];
    int[] stream = new int[words];
    for (int r = 0; r < layer.rows(); r++) {
      codes.row(r, row, 0);
      BitStream.pack(row, 0, row.length, bits, stream);
      packed.set(r, 0, stream, 0, words);
    }
    return packed.bytes();
  }

  private static MemorySegment zeroPoints(
      GridCodes codes, LinearLayer layer, int bits, Arena arena) {
    int words = BitStream.words(layer.rows(), bits);
    WordMatrix packed = new WordMatrix(words, codes.groups(), arena);
    int[] column = new int[layer.rows()];
    int[] stream = new int[words];
    for (int g = 0; g < codes.groups(); g++) {
      for (int r = 0; r < column.length; r++) {
        column[r] = codes.zeroPoint(r, g);
      }
      BitStream.pack(column, 0, column.length, bits, stream);
      for (int w = 0; w < words; w++) {
        packed.set(w, g, stream[w]);
      }
    }
    return packed.bytes();
  }

  @Override
  public StoredTensor open(LayerPlan plan, Function<String, TensorView> tensors) {
    if (plan.grid().isEmpty()) {
      return other(plan).open(plan, tensors);
    }
    IntegerGrid grid = plan.grid().get();
    Optional<TensorView> zeroPoint =
        grid.symmetric() ? Optional.empty() : Optional.of(tensors.apply(zeroPoint(plan.layer())));
    return open(plan.layer(), grid.bits(), zeroPoint, tensors);
  }

  /**
   * Opens a packed layer, of this program's or another's writing.
   *
   * @throws dev.awp.AwpException where a tensor has another type or shape than it must have
   */
  PackedMatrix open(
      LinearLayer layer,
      int bits,
      Optional<TensorView> zeroPoint,
      Function<String, TensorView> tensors) {
    int rows = layer.rows();
    int columns = layer.columns();
    TensorView packed = tensors.apply(packed(layer));
    PackedShapes.check(packed, DType.I32, rows, BitStream.words(columns, bits));
    TensorView scale = tensors.apply(scale(layer));
    int groups = PackedShapes.groups(scale, rows, columns);
    PackedShapes.checkShape(tensors.apply(shape(layer)), rows, columns);
    zeroPoint.ifPresent(
        view -> PackedShapes.check(view, DType.I32, BitStream.words(rows, bits), groups));
    PackedCodes codes =
        new CompressedTensorsCodes(
            CodePacking.stream(bits), rows, columns, groups, packed, scale, zeroPoint, reader);
    return new PackedMatrix(
        layer.weight(), rows, codes, groups, PackedMatrix.consecutive(columns, columns / groups));
  }
}
