// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.block;

import static dev.awp.gguf.block.BlockType.IQ4_NL;
import static dev.awp.gguf.block.BlockType.MXFP4;
import static dev.awp.gguf.block.BlockType.Q4_0;
import static dev.awp.gguf.block.BlockType.Q5_0;
import static dev.awp.gguf.block.BlockType.Q5_1;
import static dev.awp.gguf.block.BlockType.Q8_0;

import java.util.List;
import java.util.stream.Stream;

/**
 * Which type a tensor takes whose rows are no whole blocks of the type that it should have: one of
 * shorter blocks and no fewer bits. The first of each list is llama.cpp's own choice.
 */
public final class BlockWidths {
  private BlockWidths() {}

  /** Whether rows of that many columns are whole blocks. */
  public static boolean fits(BlockType type, int columns) {
    return columns % type.blockColumns() == 0;
  }

  /**
   * The nearest type whose blocks fit.
   *
   * @return the type itself where it fits, and where nothing else does
   */
  public static BlockType fitting(BlockType type, int columns) {
    return Stream.concat(Stream.of(type), written(type))
        .filter(candidate -> fits(candidate, columns))
        .findFirst()
        .orElse(type);
  }

  /** The type of the shortest blocks, where a tensor can be filled up to whole ones. */
  public static BlockType shortest(BlockType type) {
    return written(type).reduce((_, last) -> last).orElse(type);
  }

  private static Stream<BlockType> written(BlockType type) {
    return shorter(type).stream().filter(BlockType::isWritable);
  }

  private static List<BlockType> shorter(BlockType type) {
    return switch (type) {
      case IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ4_XS -> List.of(IQ4_NL, Q4_0);
      case Q1_0, Q2_0, TQ1_0, TQ2_0, Q2_K, Q3_K -> List.of(Q4_0);
      case NVFP4 -> List.of(MXFP4, Q4_0);
      case Q4_K -> List.of(Q5_0);
      case Q5_K -> List.of(Q5_1);
      case Q6_K -> List.of(Q8_0);
      default -> List.of();
    };
  }
}
