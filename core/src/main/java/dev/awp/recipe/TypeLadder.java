// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.recipe;

import static dev.awp.gguf.block.BlockType.IQ1_M;
import static dev.awp.gguf.block.BlockType.IQ2_S;
import static dev.awp.gguf.block.BlockType.IQ2_XS;
import static dev.awp.gguf.block.BlockType.IQ2_XXS;
import static dev.awp.gguf.block.BlockType.IQ3_S;
import static dev.awp.gguf.block.BlockType.IQ3_XXS;
import static dev.awp.gguf.block.BlockType.IQ4_NL;
import static dev.awp.gguf.block.BlockType.IQ4_XS;
import static dev.awp.gguf.block.BlockType.MXFP4;
import static dev.awp.gguf.block.BlockType.Q4_0;
import static dev.awp.gguf.block.BlockType.Q4_K;
import static dev.awp.gguf.block.BlockType.Q5_0;
import static dev.awp.gguf.block.BlockType.Q5_1;
import static dev.awp.gguf.block.BlockType.Q5_K;
import static dev.awp.gguf.block.BlockType.Q6_K;
import static dev.awp.gguf.block.BlockType.Q8_0;

import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.block.BlockWidths;
import java.util.List;
import java.util.Locale;

/**
 * The types of blocks among which a budget chooses, from few bits to many: the best of those that
 * take about as much, for every type is one more measurement of every layer.
 */
@SuppressWarnings("ImmutableEnumChecker") // lists that nobody can change
public enum TypeLadder {
  /** Of all types: those of 256 columns where they fit, else those of 32. */
  ALL(
      List.of(IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ4_XS, Q5_K, Q6_K, Q8_0),
      List.of(MXFP4, IQ4_NL, Q5_0, Q5_1, Q8_0)),

  /**
   * Of types whose products llama.cpp's CPU code has kernels of its own for, over several rows at
   * once (shared facts: ggml-cpu/repack.cpp).
   */
  FAST(List.of(MXFP4, IQ4_NL, Q4_0, Q4_K, Q8_0), List.of(MXFP4, IQ4_NL, Q4_0, Q8_0));

  private final List<BlockType> wide;
  private final List<BlockType> narrow;

  TypeLadder(List<BlockType> wide, List<BlockType> narrow) {
    this.wide = wide;
    this.narrow = narrow;
  }

  /**
   * The types for rows of that many columns.
   *
   * @param holdingZeros whether only those do that have a zero
   */
  public List<BlockType> types(int columns, boolean holdingZeros) {
    boolean fits = wide.stream().allMatch(type -> BlockWidths.fits(type, columns));
    return (fits ? wide : narrow).stream().filter(type -> !holdingZeros || type.hasZero()).toList();
  }

  /** As reports name it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
