// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gptq;

import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.format.LayerPlan;
import dev.awp.format.packed.BitStream;
import dev.awp.format.packed.GridCodes;
import dev.awp.format.packed.PackedCodes;
import dev.awp.format.packed.PackedMatrix;
import dev.awp.format.packed.PackedNames;
import dev.awp.format.packed.PackedShapes;
import dev.awp.format.packed.TransposedScales;
import dev.awp.format.packed.WordMatrix;
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
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * Layers as GPTQ checkpoints have them.
 *
 * @param zeroPointOffset what is stored less than the zero point: 1 in the first version of the
 *     format, 0 in the second
 */
public record GptqLayer(int zeroPointOffset, TensorEncoder encoder, TensorReader reader)
    implements LayerFormat {
  /** Rows that are packed before their words are stored: a cache line of each line of the file. */
  private static final int TILE = 16;

  @Override
  public List<TensorSpec> tensors(LayerPlan plan) {
    IntegerGrid grid = plan.grid().orElseThrow();
    LinearLayer layer = plan.layer();
    long rows = layer.rows();
    long columns = layer.columns();
    long words = BitStream.words(layer.columns(), grid.bits());
    long zeroWords = BitStream.words(layer.rows(), grid.bits());
    long groups = grid.groups(layer.columns());
    return List.of(
        new TensorSpec(PackedNames.weight(layer), DType.I32, List.of(words, rows)),
        new TensorSpec(PackedNames.zeros(layer), DType.I32, List.of(groups, zeroWords)),
        new TensorSpec(PackedNames.scales(layer), DType.F16, List.of(groups, rows)),
        new TensorSpec(PackedNames.groupIndex(layer), DType.I32, List.of(columns)));
  }

  @Override
  public void encode(LayerPlan plan, Solution solution, BiConsumer<String, MemorySegment> sink) {
    IntegerGrid grid = plan.grid().orElseThrow();
    LinearLayer layer = plan.layer();
    GridCodes codes = new GridCodes(plan, solution);
    try (Arena arena = Arena.ofConfined()) {
      sink.accept(PackedNames.weight(layer), packedColumns(codes, layer, grid.bits(), arena));
      sink.accept(PackedNames.zeros(layer), zeroPoints(codes, layer, grid.bits(), arena));
      String scales = PackedNames.scales(layer);
      sink.accept(scales, TransposedScales.encode(scales, codes.scales(), encoder, arena));
      WordMatrix index = new WordMatrix(1, layer.columns(), arena);
      int size = grid.groupSize(layer.columns());
      int[] groupOf = PackedMatrix.consecutive(layer.columns(), size);
      index.set(0, 0, groupOf, 0, groupOf.length);
      sink.accept(PackedNames.groupIndex(layer), index.bytes());
    }
  }

  private static MemorySegment packedColumns(
      GridCodes codes, LinearLayer layer, int bits, Arena arena) {
    int words = BitStream.words(layer.columns(), bits);
    WordMatrix packed = new WordMatrix(words, layer.rows(), arena);
    int[] row = new int[layer.columns()];
    int[] stream = new int[words];
    int[] tile = new int[words * TILE];
    for (int from = 0; from < layer.rows(); from += TILE) {
      int count = Math.min(TILE, layer.rows() - from);
      for (int r = 0; r < count; r++) {
        codes.row(from + r, row, 0);
        BitStream.pack(row, 0, row.length, bits, stream);
        for (int w = 0; w < words; w++) {
          tile[w * TILE + r] = stream[w];
        }
      }
      for (int w = 0; w < words; w++) {
        packed.set(w, from, tile, w * TILE, count);
      }
    }
    return packed.bytes();
  }

  private MemorySegment zeroPoints(GridCodes codes, LinearLayer layer, int bits, Arena arena) {
    int words = BitStream.words(layer.rows(), bits);
    WordMatrix packed = new WordMatrix(codes.groups(), words, arena);
    int[] line = new int[layer.rows()];
    int[] stream = new int[words];
    for (int g = 0; g < codes.groups(); g++) {
      for (int r = 0; r < line.length; r++) {
        line[r] = codes.zeroPoint(r, g) - zeroPointOffset;
      }
      BitStream.pack(line, 0, line.length, bits, stream);
      packed.set(g, 0, stream, 0, words);
    }
    return packed.bytes();
  }

  @Override
  public StoredTensor open(LayerPlan plan, Function<String, TensorView> tensors) {
    IntegerGrid grid = plan.grid().orElseThrow();
    LinearLayer layer = plan.layer();
    Optional<TensorView> index = Optional.of(tensors.apply(PackedNames.groupIndex(layer)));
    return open(layer, grid.bits(), grid.groupSize(layer.columns()), index, tensors);
  }

  /**
   * Opens a packed layer, of this program's or another's writing.
   *
   * @param groupSize columns of a group
   * @param index the group of each column, where groups are not consecutive columns
   * @throws dev.awp.AwpException where a tensor has another type or shape than it must have
   */
  PackedMatrix open(
      LinearLayer layer,
      int bits,
      int groupSize,
      Optional<TensorView> index,
      Function<String, TensorView> tensors) {
    int rows = layer.rows();
    int columns = layer.columns();
    int groups = Math.ceilDiv(columns, groupSize);
    TensorView weight = tensors.apply(PackedNames.weight(layer));
    PackedShapes.check(weight, DType.I32, BitStream.words(columns, bits), rows);
    TensorView zeros = tensors.apply(PackedNames.zeros(layer));
    PackedShapes.check(zeros, DType.I32, groups, BitStream.words(rows, bits));
    TensorView scale = tensors.apply(PackedNames.scales(layer));
    PackedShapes.checkScaleType(scale);
    PackedShapes.check(scale, scale.dtype(), groups, rows);
    int[] groupOf =
        index
            .map(view -> PackedShapes.groupIndex(view, columns, groups))
            .orElseGet(() -> PackedMatrix.consecutive(columns, groupSize));
    PackedCodes codes =
        new GptqCodes(bits, zeroPointOffset, rows, columns, groups, weight, zeros, scale, reader);
    return new PackedMatrix(layer.weight(), rows, codes, groups, groupOf);
  }
}
