// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.cli.option.MachineArguments;
import dev.awp.cli.option.Ranges;
import dev.awp.cli.option.TextArguments;
import dev.awp.cli.print.ProgressDisplay;
import dev.awp.compute.Compute;
import dev.awp.eval.Evaluator;
import dev.awp.eval.PerplexityResult;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code awp eval MODEL_DIR TEXT...}: perplexity. */
@Command(
    name = "eval",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Measure the perplexity of a checkpoint on texts.",
    description = {
      "",
      "Each text is tokenized whole, with the tokenizer's leading special token, and cut into"
          + " windows of N tokens that do not overlap; a last partial window is dropped. Perplexity"
          + " is exp of the mean negative log-likelihood of tokens 2..N of every window, given"
          + " those before them in the window. Every window begins with the tokenizer's leading"
          + " token where it has one; the GPTQ and SparseGPT papers measure without (--windows"
          + " papers).",
      ""
    },
    footer = {"", "Example:", "  awp eval MODEL_DIR wiki.test.txt --sequence-length 2048"})
final class EvalCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "MODEL_DIR",
      description = "A model folder or a .gguf file.")
  private Path model;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "TEXT",
      description = {
        "Text, JSON, CSV, TSV or Parquet, plain or in .gz or .zst, or a folder of such; what is in"
            + " it decides, and not its name."
      })
  private List<Path> texts;

  @Option(
      names = "--sequence-length",
      paramLabel = "N",
      converter = Ranges.PredictedWindow.class,
      description = "Tokens in a window. Default: the model's context, at most 2048.")
  private Integer sequenceLength;

  @Mixin private final TextArguments asked = new TextArguments();

  @Mixin private MachineArguments machine;

  @Override
  public Integer call() {
    OptionalInt length =
        sequenceLength == null ? OptionalInt.empty() : OptionalInt.of(sequenceLength);
    try (Compute compute = machine.compute();
        ProgressDisplay progress = machine.progress()) {
      for (Path text : texts) {
        PerplexityResult result =
            Evaluator.evaluate(model, text, asked.toOptions(), length, compute, progress);
        spec.commandLine()
            .getOut()
            .printf(
                Locale.ROOT,
                "%s: perplexity %.4f, %s windows of %s tokens, text of %s tokens%n",
                text.getFileName(),
                result.perplexity(),
                result.windows(),
                result.sequenceLength(),
                result.tokens());
      }
    }
    return 0;
  }
}
