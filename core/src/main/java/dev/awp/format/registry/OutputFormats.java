// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.registry;

import dev.awp.AwpException;
import dev.awp.constraint.GridStorage;
import dev.awp.format.BrokenRule;
import dev.awp.format.ModelPlan;
import dev.awp.format.OutputFormat;
import dev.awp.format.awq.AwqFormat;
import dev.awp.format.compressedtensors.CompressedTensorsFormat;
import dev.awp.format.gguf.GgufFormat;
import dev.awp.format.gguf.GgufOptions;
import dev.awp.format.gptq.GptqFormat;
import dev.awp.format.safetensors.DenseFormat;
import dev.awp.tensor.DType;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The formats there are, and what several of them have in common. */
public final class OutputFormats {
  /** Ordinary tensors: the format where none is asked for. */
  public static final OutputFormat DENSE = new DenseFormat();

  private static final List<OutputFormat> ALL =
      List.of(
          DENSE,
          new CompressedTensorsFormat(),
          GptqFormat.fitting(),
          GptqFormat.first(),
          GptqFormat.second(),
          new AwqFormat(),
          new GgufFormat(GgufOptions.DEFAULT));

  private OutputFormats() {}

  /** The words for {@code --format}. */
  public static List<String> names() {
    return ALL.stream().map(OutputFormat::name).toList();
  }

  /** The format of that name. */
  public static Optional<OutputFormat> byName(String name) {
    return ALL.stream().filter(format -> format.name().equals(name)).findFirst();
  }

  /** How the grids of a layer of that type are stored, so that all formats hold them exactly. */
  public static GridStorage gridStorage(List<OutputFormat> formats, DType dtype) {
    return formats.stream()
        .map(format -> format.gridStorage(dtype))
        .reduce(GridStorage::and)
        .orElseThrow();
  }

  /**
   * Refuses a plan that breaks a rule of any format's readers.
   *
   * @throws AwpException that names every rule and every layer that breaks it
   */
  public static void check(List<OutputFormat> formats, ModelPlan plan) {
    List<String> sentences =
        formats.stream()
            .flatMap(
                format ->
                    Stream.concat(blockSizes(format, plan), format.brokenRules(plan).stream())
                        .map(rule -> "--format " + format.name() + ": " + rule.describe()))
            .toList();
    if (!sentences.isEmpty()) {
      throw new AwpException(String.join(System.lineSeparator(), sentences));
    }
  }

  /** Blocks of their own sizes, where a format has one for all. */
  private static Stream<BrokenRule> blockSizes(OutputFormat format, ModelPlan plan) {
    return plan.layout().config().hasBlockSizes() && !format.hasBlockSizes()
        ? Stream.of(
            new BrokenRule(
                "config.json has one width and one number of heads for all blocks, this model's"
                    + " blocks have their own (gguf can hold them)",
                List.of()))
        : Stream.empty();
  }
}
