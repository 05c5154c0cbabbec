// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

import dev.awp.cli.value.FloatType;
import dev.awp.cli.value.Ranges;
import dev.awp.cli.value.SparsityArgument;
import dev.awp.gguf.block.BlockType;
import dev.awp.recipe.BlockChoice;
import dev.awp.recipe.Choice;
import dev.awp.recipe.LayerSettings;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that give all layers the same constraint. */
final class ConstraintArguments {
  @Option(
      names = "--sparsity",
      paramLabel = "RATIO|N:M",
      converter = SparsityArgument.Converter.class,
      description = {
        "Share of zeros in every row, such as 0.5, or a pattern such as 2:4: at most 2 non-zeros"
            + " in every 4 consecutive columns."
      })
  private SparsityArgument sparsity;

  @Option(
      names = "--bits",
      paramLabel = "B",
      converter = Ranges.Bits.class,
      description = "Bits of the integer grid: 2, 3, 4 or 8. With --sparsity: both at once.")
  private Integer bits;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      converter = FloatType.class,
      completionCandidates = FloatType.class,
      description = {
        "Numbers in place of the integer grid, four bits in floating point: NVFP4, groups of 16"
            + " columns with a scale of eight bits, or MXFP4, of 32 with a power of two. For"
            + " compressed-tensors, dense and gguf. With --sparsity: both at once."
      })
  private BlockType type;

  @Option(
      names = "--group-size",
      paramLabel = "G",
      converter = Ranges.GroupSize.class,
      description = {
        "Columns that share a scale and a zero point; 0 for the whole row. A last group may be"
            + " shorter, but not in packed formats. Default: "
            + LayerSettings.GROUP_SIZE
            + "; for packed formats 64 or 32 where layers have no whole groups of it."
      })
  private Integer groupSize;

  @Option(
      names = "--symmetric",
      negatable = true,
      description = {
        "Zero point in the middle of the codes, or one for each group, which is the default but for"
            + " compressed-tensors: transformers loads its zero points on request only."
      })
  private Boolean symmetric;

  /** What every runtime reads: where a format is asked for and nothing else. */
  void takeDefaultBits() {
    bits = 4;
    symmetric = symmetric == null || symmetric;
  }

  boolean givesSparsity() {
    return sparsity != null;
  }

  /** Whether it says how a grid is, with or without its bits. */
  boolean givesGrid() {
    return groupSize != null || symmetric != null;
  }

  boolean givesBits() {
    return bits != null;
  }

  /** Numbers that are no integers. */
  Optional<BlockType> type() {
    return Optional.ofNullable(type);
  }

  /** What was asked for. */
  LayerSettings.Builder toSettings() {
    LayerSettings.Builder settings =
        LayerSettings.builder()
            .sparsity(Choice.of(Optional.ofNullable(sparsity).map(SparsityArgument::toSparsity)))
            .bits(Choice.of(Optional.ofNullable(bits)))
            .blocks(type().map(BlockChoice.Same::new));
    Optional.ofNullable(symmetric).ifPresent(settings::symmetric);
    Optional.ofNullable(groupSize).ifPresent(settings::groupSize);
    return settings;
  }
}
