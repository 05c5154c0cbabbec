// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.cli.option.MachineArguments;
import dev.awp.cli.value.Ranges;
import dev.awp.compress.memory.PhysicalMemory;
import dev.awp.compute.Compute;
import dev.awp.generation.Sampler;
import dev.awp.generation.TextGeneration;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code awp generate MODEL_DIR --prompt TEXT}: some text, to look at. */
@Command(
    name = "generate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Let a model go on with a text, to see what it has kept.",
    description = {
      "",
      "The text goes to standard output as it comes, the speed to standard error. Weights are"
          + " computed with in float32: where half of the machine's memory does not hold them, they"
          + " are decoded anew for every token, which is slow.",
      ""
    },
    footer = {
      "",
      "Example:",
      "  awp generate MODEL_DIR --prompt \"Once upon a time\" --tokens 64 --temperature 0"
    })
final class GenerateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "MODEL_DIR",
      description = "A model folder or a .gguf file.")
  private Path model;

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      required = true,
      description = "The text to go on with.")
  private String prompt;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      converter = Ranges.Count.class,
      defaultValue = "64",
      description = "Tokens to add at most. Default: ${DEFAULT-VALUE}.")
  private int tokens;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      converter = Ranges.NotNegative.class,
      defaultValue = "0.8",
      description = "0 takes the likeliest token always. Default: ${DEFAULT-VALUE}.")
  private double temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      converter = Ranges.CountOrNone.class,
      defaultValue = "40",
      description = "Choose among the K likeliest, 0 for all. Default: ${DEFAULT-VALUE}.")
  private int topK;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of the choices. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Mixin private MachineArguments machine;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Sampler sampler = new Sampler(temperature, topK, seed);
    TextGeneration.Result result;
    try (Compute compute = machine.compute()) {
      boolean[] begun = {false};
      result =
          TextGeneration.generate(
              model,
              prompt,
              tokens,
              sampler,
              PhysicalMemory.bytes() / 2,
              compute,
              text -> {
                // Not before the model is known to be readable.
                out.print(begun[0] ? text : prompt + text);
                out.flush();
                begun[0] = true;
              });
    }
    out.println();
    if (!machine.isQuiet()) {
      spec.commandLine().getErr().println(summary(result));
    }
    return 0;
  }

  private static String summary(TextGeneration.Result result) {
    int later = result.tokens() - 1;
    String speed =
        later == 0
            ? ""
            : String.format(Locale.ROOT, ", then %.1f tokens/s", later / result.seconds());
    return String.format(
        Locale.ROOT,
        "%s prompt tokens in %.2f s%s, %s tokens%s",
        result.promptTokens(),
        result.promptSeconds(),
        speed,
        result.tokens(),
        result.ended() ? ", ended by the model" : "");
  }
}
