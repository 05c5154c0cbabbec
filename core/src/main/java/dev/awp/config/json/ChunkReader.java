// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.config.Architecture;
import dev.awp.config.BlockConfig;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Reads which blocks attend inside of chunks alone: those that are listed, else those that rotate.
 */
record ChunkReader(ConfigObject root, Architecture architecture) {
  private static final String SIZE = "attention_chunk_size";

  /**
   * For every block the positions of a chunk, where it has any.
   *
   * @param positions whether a block knows positions
   */
  List<OptionalInt> ofBlocks(List<Boolean> positions) {
    int blocks = positions.size();
    if (!KnownKeys.isRead(architecture, SIZE) || !root.has(SIZE)) {
      return IntStream.range(0, blocks).mapToObj(_ -> OptionalInt.empty()).toList();
    }
    OptionalInt size = OptionalInt.of(root.integer(SIZE, Integer.MAX_VALUE));
    JsonNode types = root.node().path(BlockConfig.TYPES_KEY);
    if (root.has(BlockConfig.TYPES_KEY) && types.size() != blocks) {
      throw root.fail(
          "%s must be a list of num_hidden_layers %s names"
              .formatted(BlockConfig.TYPES_KEY, blocks));
    }
    return IntStream.range(0, blocks)
        .mapToObj(
            block -> {
              boolean chunked =
                  root.has(BlockConfig.TYPES_KEY)
                      ? isChunked(types.path(block))
                      : positions.get(block);
              return chunked ? size : OptionalInt.empty();
            })
        .toList();
  }

  private boolean isChunked(JsonNode type) {
    return switch (type.asText()) {
      case "chunked_attention" -> true;
      case "full_attention" -> false;
      default -> throw root.fail("layer type %s is not supported".formatted(type));
    };
  }
}
