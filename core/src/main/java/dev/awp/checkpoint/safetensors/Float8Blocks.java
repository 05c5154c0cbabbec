// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.safetensors;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.stored.ScaledTensor.Scales;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import java.util.ArrayList;
import java.util.List;

/**
 * Which numbers of a weight share a scale: all, a row, or a block of rows and columns. The shapes
 * tell, but for the size of blocks at a ragged edge, which the settings have.
 */
final class Float8Blocks {
  /** What DeepSeek began with, and what is meant where nothing is said. */
  private static final int USUAL = 128;

  private final List<int[]> sizes = new ArrayList<>();

  /** By what a checkpoint's files say of its quantization. */
  Float8Blocks(JsonNode settings) {
    add(settings.path("weight_block_size"));
    for (JsonNode group : settings.path("config_groups")) {
      add(group.path("weights").path("block_structure"));
    }
    sizes.add(new int[] {USUAL, USUAL});
  }

  /** [128, 128], or "128x128". */
  private void add(JsonNode size) {
    int rows = 0;
    int columns = 0;
    if (size.isArray() && size.size() == 2) {
      rows = size.path(0).asInt(0);
      columns = size.path(1).asInt(0);
    } else if (size.asText("").matches("\\d{1,6}x\\d{1,6}")) {
      int by = size.asText().indexOf('x');
      rows = Integer.parseInt(size.asText().substring(0, by));
      columns = Integer.parseInt(size.asText().substring(by + 1));
    }
    if (rows > 0 && columns > 0) {
      sizes.add(new int[] {rows, columns});
    }
  }

  /** The scales of a matrix; AwpException where they fit it in no way that is known. */
  Scales of(TensorView weight, TensorView scale) {
    if (!scale.dtype().isComputable() && scale.dtype() != DType.F8_E8M0) {
      throw Float8Layers.fail(
          scale, "is " + scale.dtype() + ", scales are read as F32, F16, BF16 and F8_E8M0");
    }
    if (weight.shape().stream().anyMatch(size -> size > Integer.MAX_VALUE)) {
      throw Float8Layers.fail(
          weight, "has shape %s, a size is above 2^31 - 1".formatted(weight.shape()));
    }
    int rows = (int) (long) weight.shape().getFirst();
    int columns = (int) (long) weight.shape().getLast();
    long count = scale.shape().stream().reduce(1L, Math::multiplyExact);
    int rank = scale.shape().size();
    if (count == 1) {
      return new Scales(scale, Math.max(1, rows), Math.max(1, columns));
    }
    long first = rank == 0 ? 1 : scale.shape().getFirst();
    long last = rank < 2 ? 1 : scale.shape().getLast();
    if (rank <= 2 && first == rows && last == 1) {
      return new Scales(scale, 1, columns);
    }
    if (rank == 2) {
      for (int[] size : sizes) {
        if (first == Math.ceilDiv(rows, size[0]) && last == Math.ceilDiv(columns, size[1])) {
          return new Scales(scale, size[0], size[1]);
        }
      }
      if (first > 0 && last > 0 && rows % first == 0 && columns % last == 0) {
        return new Scales(scale, (int) (rows / first), (int) (columns / last));
      }
    }
    throw Float8Layers.fail(
        scale,
        "has shape %s, which fits weights %s in no way".formatted(scale.shape(), weight.shape()));
  }
}
