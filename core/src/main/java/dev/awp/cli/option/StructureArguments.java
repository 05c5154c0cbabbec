// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

import dev.awp.cli.value.ParameterCount;
import dev.awp.cli.value.Ranges;
import dev.awp.cli.value.Word;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.StructureOptions;
import dev.awp.compress.StructureOptions.Sharing;
import dev.awp.compress.structured.BlockMeasures;
import dev.awp.compress.structured.ExpertMeasures;
import dev.awp.structured.choice.UnitChoices;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that make the model smaller before its layers are compressed. */
public final class StructureArguments {
  @Option(
      names = "--prune-width",
      paramLabel = "SHARE",
      converter = Ranges.Share.class,
      description = {
        "Remove this share of the blocks' linear weights as whole neurons and key/value groups (a"
            + " key/value head with its query heads), in all blocks alike, shared between the two"
            + " by their measured errors. The result is an ordinary, smaller model."
            + " docs/structured.md tells more."
      })
  private Double width;

  @Option(
      names = "--target-parameters",
      paramLabel = "COUNT",
      converter = ParameterCount.class,
      description = {
        "Remove neurons and key/value groups, as --prune-width does, until about so many parameters"
            + " stay in all: 100M, 1.5B."
      })
  private Long parameters;

  @Option(
      names = "--speedup",
      paramLabel = "FACTOR",
      converter = Ranges.Factor.class,
      description = {
        "Remove neurons and key/value groups, as --prune-width does, until so many times fewer"
            + " weights are read for each token: those of the blocks and of the output head, by"
            + " which decoding takes its time. --bits and types come on top."
      })
  private Double speedup;

  @Option(
      names = "--prune-neurons",
      paramLabel = "SHARE",
      converter = Ranges.ShareOrNone.class,
      description = "Remove this share of the neurons of every feed-forward layer.")
  private Double neurons;

  @Option(
      names = "--prune-groups",
      paramLabel = "SHARE",
      converter = Ranges.ShareOrNone.class,
      description = "Remove this share of the key/value heads, each with its query heads.")
  private Double groups;

  @Option(
      names = "--prune-blocks",
      paramLabel = "N",
      converter = Ranges.CountOrNone.class,
      description = "Remove so many whole blocks.")
  private Integer blocks;

  @Option(
      names = "--prune-attention",
      paramLabel = "N",
      converter = Ranges.CountOrNone.class,
      description = {
        "Remove the attention of so many of the blocks that stay, and leave their feed-forward"
            + " layers. A GGUF file alone can hold that, of a model of LLaMA's form or Qwen2, whose"
            + " first block keeps its attention."
      })
  private Integer attention;

  @Option(
      names = "--prune-experts",
      paramLabel = "SHARE_OR_COUNT",
      converter = Ranges.ShareOrCount.class,
      description = {
        "Remove this share of the experts of every mixture, or so many: 0.25, 16. Their rows of the"
            + " router go with them, and every token is sent to as many experts as before."
      })
  private Double experts;

  @Option(
      names = "--prune-by",
      paramLabel = "HOW",
      converter = ChoiceName.class,
      description = {
        "How neurons and groups are chosen: least-squares, by what the layer's outputs lose with"
            + " all other weights solved anew; magnitude, by the norm of weights times that of"
            + " inputs; wanda-sp, by the sum of Wanda's scores. The last two leave the other"
            + " weights as they are. Default: least-squares."
      })
  private String by;

  @Option(
      names = "--prune-blocks-by",
      paramLabel = "HOW",
      converter = MeasureName.class,
      description = {
        "How blocks are chosen, and those that lose their attention: divergence, by what the"
            + " predictions lose without each, measured anew after each; cosine, by how little each"
            + " turns the hidden states. Default: divergence."
      })
  private String blocksBy;

  @Option(
      names = "--prune-experts-by",
      paramLabel = "HOW",
      converter = ExpertsName.class,
      description = {
        "How experts are chosen: reap, by what each adds to the tokens that are sent to it; tokens,"
            + " by how many these are. Default: reap."
      })
  private String expertsBy;

  @Option(
      names = "--prune-share",
      paramLabel = "HOW",
      converter = SharingName.class,
      description = {
        "How what is removed is shared among blocks: uniform, the same in all; blocks, by what each"
            + " block's loss does to the predictions, at least a quarter of its neurons and one"
            + " key/value head staying, which a GGUF file alone can hold, of a model of LLaMA's"
            + " form or Qwen2. Default: uniform."
      })
  private String sharing;

  @Option(
      names = "--prune-multiple",
      paramLabel = "N",
      converter = Ranges.Count.class,
      description = {
        "What the number of neurons that stay is a multiple of. Default: 256 where the model's own"
            + " is, else the largest of 128, 64, 32, 16, 8, 4, 2 and 1."
      })
  private Integer multiple;

  /** A way to choose units. */
  static final class ChoiceName extends Word {
    ChoiceName() {
      super("way to choose neurons and groups", UnitChoices.names());
    }
  }

  /** A way to choose blocks. */
  static final class MeasureName extends Word {
    MeasureName() {
      super("way to choose blocks", BlockMeasures.names());
    }
  }

  /** A way to choose experts. */
  static final class ExpertsName extends Word {
    ExpertsName() {
      super("way to choose experts", ExpertMeasures.names());
    }
  }

  /** A way to share what is removed. */
  static final class SharingName extends Word {
    SharingName() {
      super("way to share what is removed", Sharing.words());
    }
  }

  /** Whether anything is to be removed. */
  public boolean given() {
    return givesDense() || experts != null;
  }

  /** What is removed of models without experts. */
  private boolean givesDense() {
    return givesWidth() || neurons != null || groups != null || blocks != null || attention != null;
  }

  private boolean givesWidth() {
    return width != null || parameters != null || speedup != null;
  }

  /** Sets what was asked for; misuse where options exclude each other or have no effect. */
  public void applyTo(
      CompressionOptions.Builder options, StatisticsArguments statistics, CommandSpec spec) {
    boolean widths = givesWidth() || neurons != null || groups != null;
    if (Stream.of(width, parameters, speedup).filter(Objects::nonNull).count() > 1) {
      throw misuse(spec, "--prune-width, --target-parameters and --speedup exclude each other");
    }
    if (givesWidth() && (neurons != null || groups != null)) {
      throw misuse(
          spec,
          "--prune-width says the others itself, as --target-parameters and --speedup do: leave"
              + " --prune-neurons and --prune-groups out");
    }
    if (experts != null && givesDense()) {
      throw misuse(
          spec, "--prune-experts is for mixtures of experts, of which nothing else is removed");
    }
    if (expertsBy != null && experts == null) {
      throw misuse(spec, "--prune-experts-by is for --prune-experts");
    }
    if (attention != null && (givesWidth() || sharing != null)) {
      throw misuse(
          spec,
          "--prune-attention goes with --prune-neurons, --prune-groups and --prune-blocks alone:"
              + " the others share what is removed among blocks that all have attention");
    }
    boolean layers = blocks != null || attention != null;
    if (by != null && !widths && !layers) {
      throw misuse(
          spec,
          "--prune-by is for --prune-width, --prune-neurons, --prune-groups, --prune-blocks and"
              + " --prune-attention");
    }
    if (multiple != null && !givesWidth() && neurons == null) {
      throw misuse(spec, "--prune-multiple is for --prune-width and --prune-neurons");
    }
    if (blocksBy != null && !layers) {
      throw misuse(spec, "--prune-blocks-by is for --prune-blocks and --prune-attention");
    }
    if (sharing != null && !widths) {
      throw misuse(spec, "--prune-share is for --prune-width, --prune-neurons and --prune-groups");
    }
    if (given() && statistics.given()) {
      throw misuse(
          spec, "--statistics are moments of the whole model: they do not fit one that is pruned");
    }
    if (given()) {
      options.structure(
          new StructureOptions(
              optional(width),
              target(),
              optional(neurons),
              optional(groups),
              blocks == null ? 0 : blocks,
              attention == null ? 0 : attention,
              by == null ? UnitChoices.standard().name() : by,
              blocksBy == null ? BlockMeasures.standard().name() : blocksBy,
              sharing == null ? Sharing.UNIFORM : Sharing.named(sharing),
              multiple == null ? OptionalInt.empty() : OptionalInt.of(multiple),
              Optional.ofNullable(experts)
                  .map(
                      removed ->
                          new StructureOptions.Experts(
                              removed,
                              expertsBy == null ? ExpertMeasures.standard().name() : expertsBy))));
    }
  }

  private Optional<StructureOptions.Target> target() {
    if (parameters != null) {
      return Optional.of(new StructureOptions.Target.Parameters(parameters));
    }
    return Optional.ofNullable(speedup).map(StructureOptions.Target.Speed::new);
  }

  private static OptionalDouble optional(Double value) {
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }

  private static ParameterException misuse(CommandSpec spec, String rule) {
    return new ParameterException(spec.commandLine(), rule);
  }
}
