// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.awq;

import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.format.LayerPlan;
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
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.IntConsumer;

/** Layers as AutoAWQ's checkpoints of version "gemm" have them. */
public record AwqLayer(TensorEncoder encoder, TensorReader reader) implements LayerFormat {
  /** Words of a line that are packed before they are stored: a cache line. */
  private static final int TILE = 16;

  @Override
  public List<TensorSpec> tensors(LayerPlan plan) {
    IntegerGrid grid = plan.grid().orElseThrow();
    LinearLayer layer = plan.layer();
    long rows = layer.rows();
    long columns = layer.columns();
    long words = rows / AwqCodes.PER_WORD;
    long groups = grid.groups(layer.columns());
    return List.of(
        new TensorSpec(PackedNames.weight(layer), DType.I32, List.of(columns, words)),
        new TensorSpec(PackedNames.zeros(layer), DType.I32, List.of(groups, words)),
        new TensorSpec(PackedNames.scales(layer), DType.F16, List.of(groups, rows)));
  }

  @Override
  public void encode(LayerPlan plan, Solution solution, BiConsumer<String, MemorySegment> sink) {
    LinearLayer layer = plan.layer();
    GridCodes codes = new GridCodes(plan, solution);
    try (Arena arena = Arena.ofConfined()) {
      int[] row = new int[layer.columns()];
      sink.accept(
          PackedNames.weight(layer), packed(layer.rows(), row, r -> codes.row(r, row, 0), arena));
      int[] zeros = new int[codes.groups()];
      sink.accept(
          PackedNames.zeros(layer),
          packed(
              layer.rows(), zeros, r -> Arrays.setAll(zeros, g -> codes.zeroPoint(r, g)), arena));
      String scales = PackedNames.scales(layer);
      sink.accept(scales, TransposedScales.encode(scales, codes.scales(), encoder, arena));
    }
  }

  /**
   * Packs rows of codes, transposed.
   *
   * @param row receives a row's codes
   * @param fill fills it
   */
  private static MemorySegment packed(int rows, int[] row, IntConsumer fill, Arena arena) {
    int lines = row.length;
    int words = rows / AwqCodes.PER_WORD;
    WordMatrix packed = new WordMatrix(lines, words, arena);
    int[] tile = new int[lines * TILE];
    for (int from = 0; from < words; from += TILE) {
      int count = Math.min(TILE, words - from);
      Arrays.fill(tile, 0);
      for (int r = 0; r < count * AwqCodes.PER_WORD; r++) {
        fill.accept(from * AwqCodes.PER_WORD + r);
        int shift = AwqCodes.shift(r);
        int word = r / AwqCodes.PER_WORD;
        for (int k = 0; k < lines; k++) {
          tile[k * TILE + word] |= row[k] << shift;
        }
      }
      for (int k = 0; k < lines; k++) {
        packed.set(k, from, tile, k * TILE, count);
      }
    }
    return packed.bytes();
  }

  @Override
  public StoredTensor open(LayerPlan plan, Function<String, TensorView> tensors) {
    IntegerGrid grid = plan.grid().orElseThrow();
    return open(plan.layer(), grid.groupSize(plan.layer().columns()), tensors);
  }

  /**
   * Opens a packed layer, of this program's or another's writing.
   *
   * @param groupSize columns of a group
   * @throws dev.awp.AwpException where a tensor has another type or shape than it must have
   */
  PackedMatrix open(LinearLayer layer, int groupSize, Function<String, TensorView> tensors) {
    int rows = layer.rows();
    int columns = layer.columns();
    int groups = Math.ceilDiv(columns, groupSize);
    int words = Math.ceilDiv(rows, AwqCodes.PER_WORD);
    TensorView weight = tensors.apply(PackedNames.weight(layer));
    PackedShapes.check(weight, DType.I32, columns, words);
    if (rows % AwqCodes.PER_WORD != 0) {
      throw PackedShapes.fail(weight, "packs %s rows, which are no multiple of 8".formatted(rows));
    }
    TensorView zeros = tensors.apply(PackedNames.zeros(layer));
    PackedShapes.check(zeros, DType.I32, groups, words);
    TensorView scale = tensors.apply(PackedNames.scales(layer));
    PackedShapes.checkScaleType(scale);
    PackedShapes.check(scale, scale.dtype(), groups, rows);
    PackedCodes codes = new AwqCodes(rows, columns, groups, weight, zeros, scale, reader);
    return new PackedMatrix(
        layer.weight(), rows, codes, groups, PackedMatrix.consecutive(columns, groupSize));
  }
}
