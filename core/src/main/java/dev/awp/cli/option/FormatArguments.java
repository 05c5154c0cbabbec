// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

import dev.awp.format.OutputFormat;
import dev.awp.format.compressedtensors.CompressedTensorsFormat;
import dev.awp.format.gguf.GgufFormat;
import dev.awp.format.registry.OutputFormats;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code --format}. */
public final class FormatArguments {
  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      split = ",",
      converter = Converter.class,
      description = {
        "What to write: dense (ordinary tensors, the default), compressed-tensors (int-packed, for"
            + " vLLM and transformers), gptq (of the first version where grids are symmetric,"
            + " of the second where not), gptq-v1, gptq-v2, awq, or gguf (OUT_DIR/model.gguf for"
            + " llama.cpp). With several, separated by commas,"
            + " OUT_DIR/FORMAT is a model folder for each, of the same codes and scales;"
            + " activations and errors are those of the first. Given without --bits and --sparsity:"
            + " --bits 4 --symmetric."
      })
  private List<OutputFormat> formats = List.of();

  /** Whether formats were asked for. */
  public boolean given() {
    return !formats.isEmpty();
  }

  /** Whether that format is asked for and no other. */
  public boolean only(String name) {
    return given() && formats.stream().allMatch(format -> format.name().equals(name));
  }

  /** Names of those that have no place for numbers in floating point. */
  List<String> integersOnly() {
    Set<String> floats =
        Set.of(OutputFormats.DENSE.name(), CompressedTensorsFormat.NAME, GgufFormat.NAME);
    return formats.stream().map(OutputFormat::name).filter(name -> !floats.contains(name)).toList();
  }

  /** Whether that format is among those that are asked for. */
  boolean has(String name) {
    return formats.stream().anyMatch(format -> format.name().equals(name));
  }

  /** Where the output's name asks for it. */
  void takeGguf() {
    formats = List.of(OutputFormats.byName(GgufFormat.NAME).orElseThrow());
  }

  /** The formats that were asked for, or ordinary tensors. */
  public List<OutputFormat> toFormats() {
    return formats.isEmpty() ? List.of(OutputFormats.DENSE) : formats.stream().distinct().toList();
  }

  static final class Converter implements ITypeConverter<OutputFormat> {
    @Override
    public OutputFormat convert(String value) {
      return OutputFormats.byName(value)
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "there is no format %s; these are: %s"
                          .formatted(value, String.join(", ", OutputFormats.names()))));
    }
  }
}
