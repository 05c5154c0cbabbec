// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

import dev.awp.format.OutputFormat;
import dev.awp.format.gguf.GgufFormat;
import dev.awp.format.gguf.GgufOptions;
import dev.awp.format.registry.OutputFormats;
import dev.awp.gguf.block.BlockType;
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
      converter = WrittenType.class,
      completionCandidates = WrittenType.class,
      description = {
        "gguf: type of the linear layers, in place of --bits: the blocks ${bundle:gguf.blocks},"
            + " whose grids are then the solver's, or ${bundle:gguf.numbers} for layers that are"
            + " pruned only. With --sparsity the types that hold zeros: ${bundle:gguf.sparse}."
            + " Default where nothing says what to do: Q4_0."
      })
  private BlockType type;

  @Option(
      names = "--gguf-embedding",
      paramLabel = "TYPE",
      converter = WrittenType.class,
      completionCandidates = WrittenType.class,
      description = {
        "gguf: type of the embedding, and of the output head without --lm-head, rounded to nearest."
            + " Default: F16."
      })
  private BlockType embedding;

  public boolean given() {
    return type != null;
  }

  /** Where nothing says what to do: 4 bits that every version of llama.cpp reads. */
  public void takeDefaultBlocks() {
    if (type == null) {
      type = BlockType.Q4_0;
    }
  }

  /** The block type whose grid is to be solved for. */
  public Optional<BlockType> blocks() {
    return Optional.ofNullable(type).filter(t -> t.grid().isPresent());
  }

  /** The formats, with these options where one is gguf. */
  public List<OutputFormat> applyTo(List<OutputFormat> formats, CommandSpec spec) {
    boolean gguf = formats.stream().anyMatch(format -> format.name().equals(GgufFormat.NAME));
    if (!gguf && (type != null || embedding != null)) {
      throw new ParameterException(
          spec.commandLine(), "--gguf-type and --gguf-embedding need --format gguf");
    }
    List<String> others =
        formats.stream()
            .filter(
                format -> !(format instanceof GgufFormat) && !format.equals(OutputFormats.DENSE))
            .map(OutputFormat::name)
            .toList();
    if (blocks().isPresent() && !others.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "the blocks of --gguf-type %s cannot be written as %s"
              .formatted(type, String.join(", ", others)));
    }
    GgufFormat own = new GgufFormat(options());
    return formats.stream().map(format -> format instanceof GgufFormat ? own : format).toList();
  }

  private GgufOptions options() {
    return new GgufOptions(
        Optional.ofNullable(type).filter(t -> t.dtype().isPresent()),
        Optional.ofNullable(embedding).orElse(GgufOptions.DEFAULT.embedding()));
  }
}
