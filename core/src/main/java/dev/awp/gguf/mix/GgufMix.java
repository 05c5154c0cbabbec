// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.mix;

import static dev.awp.gguf.mix.MixRules.all;
import static dev.awp.gguf.mix.MixRules.early;
import static dev.awp.gguf.mix.MixRules.firstBlocks;
import static dev.awp.gguf.mix.MixRules.none;
import static dev.awp.gguf.mix.MixRules.shared;
import static dev.awp.gguf.mix.MixRules.where;
import static dev.awp.gguf.mix.MixRules.worthMore;
import static dev.awp.gguf.mix.MixedTensor.Role.DOWN;
import static dev.awp.gguf.mix.MixedTensor.Role.EMBEDDING;
import static dev.awp.gguf.mix.MixedTensor.Role.INNER;
import static dev.awp.gguf.mix.MixedTensor.Role.KEY;
import static dev.awp.gguf.mix.MixedTensor.Role.OUTPUT;
import static dev.awp.gguf.mix.MixedTensor.Role.QUERY;
import static dev.awp.gguf.mix.MixedTensor.Role.VALUE;

import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.block.BlockWidths;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * llama.cpp's mixtures of types, a row each: the number of the file type, the type that most
 * matrices have, and which have another. They are those that llama-quantize gives with an
 * importance matrix (shared facts: llama.cpp's src/llama-quant.cpp).
 */
@SuppressWarnings("ImmutableEnumChecker") // rules are set once and never change
public enum GgufMix {
  Q4_0(2, BlockType.Q4_0, none().with(DOWN, early(8, BlockType.Q4_1))),
  Q4_1(3, BlockType.Q4_1, none()),
  Q8_0(7, BlockType.Q8_0, none()),
  Q5_0(8, BlockType.Q5_0, none().with(DOWN, early(8, BlockType.Q5_1))),
  Q5_1(9, BlockType.Q5_1, none()),
  Q2_K(
      10,
      BlockType.Q2_K,
      none()
          .with(VALUE, shared(BlockType.Q4_K).or(BlockType.Q3_K))
          .with(OUTPUT, all(BlockType.Q3_K))
          .with(DOWN, all(BlockType.Q3_K))),
  Q3_K_S(11, BlockType.Q3_K, none()),
  Q3_K_M(
      12,
      BlockType.Q3_K,
      none()
          .with(VALUE, firstBlocks(2, BlockType.Q5_K).or(BlockType.Q4_K))
          .with(OUTPUT, all(BlockType.Q4_K))
          .with(DOWN, early(16, BlockType.Q5_K).or(BlockType.Q4_K))),
  Q3_K_L(
      13,
      BlockType.Q3_K,
      none()
          .with(VALUE, all(BlockType.Q5_K))
          .with(OUTPUT, all(BlockType.Q5_K))
          .with(DOWN, all(BlockType.Q5_K))),
  Q4_K_S(
      14,
      BlockType.Q4_K,
      none().with(VALUE, firstBlocks(4, BlockType.Q5_K)).with(DOWN, early(8, BlockType.Q5_K))),
  Q4_K_M(
      15,
      BlockType.Q4_K,
      none().with(VALUE, worthMore(BlockType.Q6_K)).with(DOWN, worthMore(BlockType.Q6_K))),
  Q5_K_S(16, BlockType.Q5_K, none()),
  Q5_K_M(
      17,
      BlockType.Q5_K,
      none().with(VALUE, worthMore(BlockType.Q6_K)).with(DOWN, worthMore(BlockType.Q6_K))),
  Q6_K(18, BlockType.Q6_K, none()),
  IQ2_XXS(19, BlockType.IQ2_XXS, low(BlockType.Q2_K, BlockType.Q2_K)),
  IQ2_XS(20, BlockType.IQ2_XS, low(BlockType.Q2_K, BlockType.Q2_K)),
  Q2_K_S(
      21,
      BlockType.Q2_K,
      none().with(VALUE, shared(BlockType.Q4_K)).with(DOWN, early(8, BlockType.Q4_K))),
  IQ3_XS(
      22,
      BlockType.IQ3_S,
      none()
          .with(VALUE, shared(BlockType.Q4_K))
          .with(KEY, all(BlockType.IQ3_XXS))
          .with(QUERY, all(BlockType.IQ3_XXS))
          .with(INNER, where(MixedTensor::isInTheMiddle, BlockType.IQ3_XXS))),
  IQ3_XXS(
      23,
      BlockType.IQ3_XXS,
      none()
          .with(EMBEDDING, all(BlockType.IQ3_S))
          .with(VALUE, shared(BlockType.Q4_K))
          .with(KEY, all(BlockType.IQ2_S))
          .with(QUERY, all(BlockType.IQ2_S))
          .with(OUTPUT, all(BlockType.IQ3_S))),
  IQ1_S(
      24,
      BlockType.IQ1_S,
      low(BlockType.Q2_K, BlockType.Q2_K).with(OUTPUT, all(BlockType.IQ2_XXS))),
  IQ4_NL(25, BlockType.IQ4_NL, none().with(VALUE, shared(BlockType.Q5_K))),
  IQ3_S(26, BlockType.IQ3_S, none().with(VALUE, shared(BlockType.Q4_K))),
  IQ3_M(
      27,
      BlockType.IQ3_S,
      none()
          .with(VALUE, all(BlockType.Q4_K))
          .with(OUTPUT, all(BlockType.Q4_K))
          .with(
              DOWN,
              where(
                  tensor ->
                      tensor.isEarly(8)
                          || (tensor.model().hasEightExperts() && tensor.isWorthMore()),
                  BlockType.Q4_K))),
  IQ2_S(
      28,
      BlockType.IQ2_XS,
      low(BlockType.IQ3_S, BlockType.IQ3_S).with(OUTPUT, all(BlockType.IQ3_S))),
  IQ2_M(
      29,
      BlockType.IQ2_S,
      low(BlockType.IQ3_S, BlockType.IQ3_S).with(OUTPUT, all(BlockType.IQ3_S))),
  IQ4_XS(30, BlockType.IQ4_XS, none().with(VALUE, shared(BlockType.Q5_K))),
  IQ1_M(
      31,
      BlockType.IQ1_M,
      low(BlockType.Q2_K, BlockType.Q2_K).with(OUTPUT, all(BlockType.IQ2_XXS))),
  TQ1_0(36, BlockType.TQ1_0, none().with(EMBEDDING, all(BlockType.Q4_K))),
  TQ2_0(37, BlockType.TQ2_0, none().with(EMBEDDING, all(BlockType.Q4_K))),
  MXFP4_MOE(38, BlockType.MXFP4, none()),
  Q1_0(40, BlockType.Q1_0, none()),
  Q2_0(41, BlockType.Q2_0, none().with(EMBEDDING, all(BlockType.Q4_K)));

  /** Below three bits, with rules of their own. */
  private static final Set<GgufMix> LOW = EnumSet.of(IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ2_M);

  /** With eight experts attention is small beside them: these give its outputs more bits. */
  private static final Set<GgufMix> MORE_FOR_EIGHT =
      EnumSet.of(
          Q2_K, Q3_K_S, Q3_K_M, Q4_K_S, Q4_K_M, IQ3_XXS, IQ3_XS, IQ3_S, IQ3_M, IQ4_NL, IQ4_XS);

  private final int fileType;
  private final BlockType common;
  private final MixRules rules;

  GgufMix(int fileType, BlockType common, MixRules rules) {
    this.fileType = fileType;
    this.common = common;
    this.rules = rules;
  }

  /** What those below three bits share: of embeddings, values and the first matrices down. */
  private static MixRules low(BlockType embedding, BlockType more) {
    return none()
        .with(EMBEDDING, all(embedding))
        .with(
            VALUE,
            where(
                    tensor -> tensor.model().sharesHeads() || tensor.model().hasManyExperts(),
                    BlockType.Q4_K)
                .or(more))
        .with(DOWN, where(MixedTensor::isCountedEarly, more));
  }

  /** The mixture that llama-quantize has that name for, in letters of either case. */
  public static Optional<GgufMix> byName(String name) {
    return Arrays.stream(values()).filter(mix -> mix.name().equalsIgnoreCase(name)).findFirst();
  }

  /** The value of "general.file_type". */
  public int fileType() {
    return fileType;
  }

  /**
   * The type of a matrix, whose columns may be no whole blocks of it.
   *
   * @param tensor its name in the file, such as "blk.0.attn_v.weight"
   */
  public BlockType type(String tensor, MixModel model) {
    MixedTensor matrix = MixedTensor.of(tensor, model);
    boolean predicts =
        matrix.role() == MixedTensor.Role.HEAD || (matrix.role() == EMBEDDING && model.tied());
    if (predicts) {
      return head(model);
    }
    if (this == MXFP4_MOE) {
      return matrix.ofExperts() ? common : BlockType.Q8_0;
    }
    return forEightExperts(matrix).orElseGet(() -> raised(matrix));
  }

  private BlockType head(MixModel model) {
    boolean fits = BlockWidths.fits(common, model.hiddenSize());
    if (this == MXFP4_MOE || this == Q8_0 || !fits) {
      return BlockType.Q8_0;
    }
    return LOW.contains(this) || this == IQ3_XXS ? BlockType.Q5_K : BlockType.Q6_K;
  }

  private Optional<BlockType> forEightExperts(MixedTensor matrix) {
    if (!matrix.model().hasEightExperts()) {
      return Optional.empty();
    }
    boolean low = LOW.contains(this);
    return switch (matrix.role()) {
      case KEY -> Optional.of(low ? BlockType.Q4_K : BlockType.Q8_0);
      case VALUE -> low ? Optional.empty() : Optional.of(BlockType.Q8_0);
      case OUTPUT -> Optional.of(low || MORE_FOR_EIGHT.contains(this) ? BlockType.Q5_K : common);
      default -> Optional.empty();
    };
  }

  private BlockType raised(MixedTensor matrix) {
    BlockType type = rules.type(matrix).orElse(common);
    boolean raises =
        matrix.role() == VALUE
            && matrix.model().large()
            && !LOW.contains(this)
            && (type == BlockType.Q3_K || type == BlockType.Q4_K);
    return raises ? BlockType.Q5_K : type;
  }
}
