// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tensor;

import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.file.GgufFile;
import dev.awp.gguf.file.GgufPlace;
import dev.awp.gguf.file.GgufTensor;
import dev.awp.stored.EncodedTensor;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Optional;

/** The values of a GGUF file's tensors, by their types alone. */
public final class GgufValues {
  /** So that a row's bytes fit an array. */
  private static final int MOST_COLUMNS = 1 << 28;

  private GgufValues() {}

  /**
   * A tensor as it lies in the file, all but the last dimension as rows, times the scales beside it
   * where there are some.
   *
   * @return empty where awp does not decode the type, or the tensor has too many rows or columns
   */
  public static Optional<EncodedTensor> of(GgufFile file, GgufTensor tensor, Arena arena) {
    int slices = tensor.shape().size() > 2 ? Math.toIntExact(tensor.shape().getFirst()) : 0;
    return blocks(file, tensor, arena)
        .map(
            values ->
                scales(file, tensor.name(), slices, arena)
                    .<EncodedTensor>map(scales -> new MultipliedTensor(values, scales))
                    .orElse(values));
  }

  /**
   * The same of a place of a file.
   *
   * @param tensor what lies there
   */
  public static Optional<EncodedTensor> of(
      GgufFile file, GgufPlace place, GgufTensor tensor, Arena arena) {
    return blocks(file, tensor, arena)
        .map(
            values ->
                scales(file, place.tensor(), place.slices(), arena)
                    .map(scales -> scales.get(place.slice()))
                    .<EncodedTensor>map(one -> new MultipliedTensor(values, List.of(one)))
                    .orElse(values));
  }

  private static Optional<List<Float>> scales(
      GgufFile file, String weight, int slices, Arena arena) {
    return WeightScales.nameOf(weight)
        .flatMap(file::tensor)
        .map(scale -> WeightScales.read(file, scale, slices, arena));
  }

  private static Optional<EncodedTensor> blocks(GgufFile file, GgufTensor tensor, Arena arena) {
    BlockType type = tensor.type().filter(BlockType::isWritable).orElse(null);
    long columns = tensor.shape().getLast();
    long rows = tensor.shape().stream().reduce(1L, (x, y) -> x * y) / Math.max(1, columns);
    if (type == null || rows > Integer.MAX_VALUE || columns > MOST_COLUMNS) {
      return Optional.empty();
    }
    GgufTensorPlan plan = GgufTensorPlan.matrix(tensor.name(), type, (int) rows, (int) columns);
    return Optional.of(new GgufStoredTensor(plan, file.view(tensor, arena)));
  }
}
