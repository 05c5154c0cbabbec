// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

import dev.awp.cli.value.BlockTypeTexts;
import dev.awp.cli.value.ChosenBlocks;
import dev.awp.cli.value.WrittenType;
import dev.awp.format.OutputFormat;
import dev.awp.format.gguf.GgufFormat;
import dev.awp.format.gguf.GgufOptions;
import dev.awp.format.registry.OutputFormats;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.mix.GgufMix;
import dev.awp.recipe.BlockChoice;
import dev.awp.recipe.LayerRule;
import dev.awp.recipe.LayerSettings;
import dev.awp.recipe.TypeLadder;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of {@code --format gguf}; {@link BlockTypeTexts} completes their help. */
public final class GgufArguments {
  @Option(
      names = "--gguf-type",
      paramLabel = "TYPE",
      converter = ChosenBlocks.class,
      completionCandidates = ChosenBlocks.class,
      description = {
        "gguf: type of the linear layers, in place of --bits: the blocks ${bundle:gguf.blocks},"
            + " whose grids are then the solver's, or ${bundle:gguf.numbers} for layers that are"
            + " pruned only. With --sparsity the types that hold zeros: ${bundle:gguf.sparse}."
            + " Or a mixture by llama-quantize's name for it, embedding and output head included:"
            + " ${bundle:gguf.mixes}; where that is a type's name too, mix:NAME. Default where"
            + " nothing says what to do: Q4_0."
      })
  private BlockChoice type;

  /** What becomes of a layer whose rows are no whole blocks. */
  enum Fallback {
    FIT,
    ERROR
  }

  @Option(
      names = "--gguf-fallback",
      paramLabel = "HOW",
      description = {
        "gguf: what becomes of a layer whose rows are no whole blocks of its type: 'fit', it takes"
            + " the nearest type whose blocks fit, or 'error'. Default: fit."
      })
  private Fallback fallback;

  @Option(
      names = "--gguf-embedding",
      paramLabel = "TYPE",
      converter = WrittenType.class,
      completionCandidates = WrittenType.class,
      description = {
        "gguf: type of the embedding and the output head where they are not compressed, rounded to"
            + " nearest. Default: F16, or what the mixture says."
      })
  private BlockType embedding;

  @Option(
      names = "--gguf-fast",
      description = {
        "gguf: with --target-size or --target-bits only types whose products llama.cpp has CPU"
            + " kernels of its own for: MXFP4, IQ4_NL, Q4_0, Q4_K, Q8_0."
      })
  private boolean fast;

  public boolean given() {
    return type != null;
  }

  boolean isFast() {
    return fast;
  }

  /** Whether a type for the ends is said. */
  boolean givesEmbedding() {
    return embedding != null;
  }

  /** The types among which a budget chooses. */
  BlockChoice budgeted() {
    return new BlockChoice.Budgeted(fast ? TypeLadder.FAST : TypeLadder.ALL);
  }

  /** Where nothing says what to do: 4 bits that every version of llama.cpp reads. */
  public void takeDefaultBlocks() {
    if (type == null) {
      type = new BlockChoice.Same(BlockType.Q4_0);
    }
  }

  /** The block type whose grid is to be solved for, or the mixture that says it. */
  public Optional<BlockChoice> blocks() {
    return Optional.ofNullable(type).filter(t -> plain().isEmpty());
  }

  private Optional<BlockType> plain() {
    return Optional.ofNullable(type).flatMap(BlockChoice::ofAll).filter(t -> t.dtype().isPresent());
  }

  private Optional<GgufMix> mix() {
    return Optional.ofNullable(type).flatMap(BlockChoice::mixture);
  }

  /** Whether the embedding and the output head are among what is solved. */
  boolean solvesEnds() {
    return mix().isPresent() && embedding == null;
  }

  /** Whether both have a type that no mixture says. */
  boolean roundsEnds() {
    return mix().isPresent() && embedding != null;
  }

  /** Sets what these options say of all layers. */
  void applyTo(LayerSettings.Builder settings) {
    settings.givesWay(fallback != Fallback.ERROR);
    if (blocks().isPresent()) {
      settings.blocks(blocks());
    }
  }

  /**
   * The formats, with these options where one is gguf.
   *
   * @param rules some of which may give blocks
   * @param shared whether a budget gives bits
   */
  public List<OutputFormat> applyTo(
      List<OutputFormat> formats, List<LayerRule> rules, boolean shared, CommandSpec spec) {
    boolean gguf = formats.stream().anyMatch(format -> format.name().equals(GgufFormat.NAME));
    boolean ruled = rules.stream().anyMatch(LayerRule::givesBlocks);
    if (!gguf && (type != null || embedding != null || fallback != null || ruled)) {
      throw new ParameterException(
          spec.commandLine(),
          "--gguf-type, --gguf-fallback and --gguf-embedding need --format gguf");
    }
    List<String> others =
        formats.stream()
            .filter(
                format -> !(format instanceof GgufFormat) && !format.equals(OutputFormats.DENSE))
            .map(OutputFormat::name)
            .toList();
    if ((blocks().isPresent() || ruled) && !others.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "the blocks of --gguf-type%s cannot be written as %s"
              .formatted(
                  blocks().map(blocks -> " " + blocks.word()).orElse(""),
                  String.join(", ", others)));
    }
    if (gguf && shared && !others.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "a target in the format gguf is shared among types of its blocks, which cannot be written"
              + " as "
              + String.join(", ", others));
    }
    GgufFormat own =
        new GgufFormat(new GgufOptions(plain(), Optional.ofNullable(embedding), mix()));
    return formats.stream().map(format -> format instanceof GgufFormat ? own : format).toList();
  }
}
