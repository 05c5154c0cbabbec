// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tensor;

import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.file.GgufFile;
import dev.awp.gguf.file.GgufTensor;
import dev.awp.stored.EncodedTensor;
import java.lang.foreign.Arena;
import java.util.Optional;

/** The values of a GGUF file's tensors, by their types alone. */
public final class GgufValues {
  /** So that a row's bytes fit an array. */
  private static final int MOST_COLUMNS = 1 << 28;

  private GgufValues() {}

  /**
   * A tensor as it lies in the file, all but the last dimension as rows.
   *
   * @return empty where awp does not decode the type, or the tensor has too many rows or columns
   */
  public static Optional<EncodedTensor> of(GgufFile file, GgufTensor tensor, Arena arena) {
    BlockType type = tensor.type().filter(BlockType::isReadable).orElse(null);
    long columns = tensor.shape().getLast();
    long rows = tensor.shape().stream().reduce(1L, (x, y) -> x * y) / Math.max(1, columns);
    if (type == null || rows > Integer.MAX_VALUE || columns > MOST_COLUMNS) {
      return Optional.empty();
    }
    GgufTensorPlan plan = GgufTensorPlan.matrix(tensor.name(), type, (int) rows, (int) columns);
    return Optional.of(new GgufStoredTensor(plan, file.view(tensor, arena)));
  }
}
