// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.cli.option.MachineArguments;
import dev.awp.cli.print.ProgressDisplay;
import dev.awp.cli.value.SizeConverter;
import dev.awp.compress.CompressionOptions;
import dev.awp.compute.Compute;
import dev.awp.convert.Conversion;
import dev.awp.format.gguf.GgufFormat;
import dev.awp.format.registry.OutputFormats;
import dev.awp.gguf.file.GgufParts;
import dev.awp.tensor.DType;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code awp convert MODEL OUT_DIR}: the same model as another kind of file. */
@Command(
    name = "convert",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Write a model as plain numbers: a GGUF file as a folder, and back.",
    description = {
      "",
      "Reads whatever awp reads, quantized or not: a Hugging Face folder, a compressed-tensors,"
          + " GPTQ or AWQ folder, a GGUF file. Writes a folder that transformers loads, or a GGUF"
          + " file.",
      ""
    },
    footer = {"", "Example:", "  awp convert model-Q8_0.gguf MODEL_DIR --dtype BF16"})
final class ConvertCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "MODEL", description = "A model folder or a .gguf file.")
  private Path model;

  @Parameters(
      index = "1",
      paramLabel = "OUT",
      description = "The folder to write, or a file whose name ends in .gguf.")
  private Path output;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "",
      description =
          "dense or gguf (OUT_DIR/model.gguf). Default: dense, and gguf where the output's name"
              + " ends in .gguf.")
  private String format;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      description =
          "F32, F16 or BF16 for all numbers. Default: each tensor keeps its own, and what is"
              + " quantized becomes F16.")
  private DType dtype;

  @Option(
      names = "--shuffle",
      paramLabel = "SEED",
      description =
          "Put hidden units, neurons and channels of values into a random order: the same function,"
              + " but no group of columns stays together. For measuring quantizers on a model that"
              + " was quantized before.")
  private Long shuffle;

  @Option(
      names = "--max-shard-size",
      paramLabel = "SIZE",
      defaultValue = CompressionOptions.MAX_SHARD_GIGABYTES + "GB",
      converter = SizeConverter.class,
      description = "Largest size of one written file. Default: ${DEFAULT-VALUE}.")
  private long maxShardSize;

  @Mixin private MachineArguments machine;

  @Override
  public Integer call() {
    if (dtype != null && !dtype.isComputable()) {
      throw misuse("--dtype: awp writes F32, F16 and BF16, not " + dtype);
    }
    boolean file = GgufParts.isNamedSo(output);
    if (file && !format.isEmpty() && !format.equals(GgufFormat.NAME)) {
      throw misuse(output + ": an output that ends in .gguf is one file, in the format gguf");
    }
    if (format.isEmpty()) {
      format = file ? GgufFormat.NAME : OutputFormats.DENSE.name();
    }
    List<String> plain = List.of(OutputFormats.DENSE.name(), GgufFormat.NAME);
    if (!plain.contains(format)) {
      throw misuse("--format: plain numbers are written as dense or gguf, not " + format);
    }
    Conversion.Options options =
        new Conversion.Options(
            model,
            output,
            OutputFormats.byName(format).orElseThrow(),
            Optional.ofNullable(dtype),
            shuffle == null ? OptionalLong.empty() : OptionalLong.of(shuffle),
            maxShardSize);
    try (Compute compute = machine.compute();
        ProgressDisplay progress = machine.progress()) {
      Conversion.run(options, compute, progress, Version.awp())
          .forEach(warning -> spec.commandLine().getErr().println("awp: " + warning));
    }
    return 0;
  }

  private ParameterException misuse(String rule) {
    return new ParameterException(spec.commandLine(), rule);
  }
}
