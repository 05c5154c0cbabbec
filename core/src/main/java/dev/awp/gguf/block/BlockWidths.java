// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.block;

import static dev.awp.gguf.block.BlockType.IQ4_NL;
import static dev.awp.gguf.block.BlockType.MXFP4;
import static dev.awp.gguf.block.BlockType.Q4_0;
import static dev.awp.gguf.block.BlockType.Q5_0;
import static dev.awp.gguf.block.BlockType.Q5_1;
import static dev.awp.gguf.block.BlockType.Q8_0;

/**
 * Which type a tensor takes whose rows are no whole blocks of the type that it should have:
 * llama.cpp's own choice, of shorter blocks and no fewer bits.
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
    return fits(type, columns) || !fits(shorter(type), columns) ? type : shorter(type);
  }

  /**
   * The type that gives a tensor shorter blocks, where rows can be filled up to whole ones.
   *
   * @return the type itself where there is none
   */
  public static BlockType shorter(BlockType type) {
    return switch (type) {
      case IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ4_XS -> IQ4_NL;
      case Q1_0, Q2_0, TQ1_0, TQ2_0, Q2_K, Q3_K -> Q4_0;
      case NVFP4 -> MXFP4;
      case Q4_K -> Q5_0;
      case Q5_K -> Q5_1;
      case Q6_K -> Q8_0;
      default -> type;
    };
  }
}
