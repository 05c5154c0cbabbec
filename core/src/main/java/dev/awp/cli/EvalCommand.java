// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.checkpoint.ModelName;
import dev.awp.cli.option.MachineArguments;
import dev.awp.cli.option.TextArguments;
import dev.awp.cli.print.EvaluationTable;
import dev.awp.cli.print.JsonOutput;
import dev.awp.cli.print.ProgressDisplay;
import dev.awp.cli.value.Ranges;
import dev.awp.compute.Compute;
import dev.awp.eval.DivergenceResult;
import dev.awp.eval.PerplexityResult;
import dev.awp.eval.TextEvaluation;
import dev.awp.eval.choice.ChoiceEvaluation;
import dev.awp.report.EvaluationReport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code awp eval MODEL_DIR TEXT...}: perplexity. */
@Command(
    name = "eval",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header =
        "Measure a checkpoint: perplexity, divergence from another one, multiple-choice questions.",
    description = {
      "",
      "Each text is tokenized whole, with the tokenizer's leading special token, and cut into"
          + " windows of N tokens that do not overlap; a last partial window is dropped. Perplexity"
          + " is exp of the mean negative log-likelihood of tokens 2..N of every window, given"
          + " those before them in the window. Every window begins with the tokenizer's leading"
          + " token where it has one; the GPTQ and SparseGPT papers measure without (--windows"
          + " papers).",
      "",
      "With --reference both models go through the same windows. The divergence of a token is"
          + " sum p (log p - log q) over the vocabulary, p the reference's distribution and q the"
          + " model's, in nats; every token that counts for the perplexity counts. Behind +/- stand"
          + " standard errors, as if tokens were independent.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  awp eval MODEL_DIR wiki.test.txt --sequence-length 2048",
      "  awp eval OUT_DIR wiki.test.txt --reference MODEL_DIR",
      "  awp eval OUT_DIR --choices hellaswag.jsonl --questions 500"
    })
final class EvalCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "MODEL_DIR",
      description = "A model folder or a .gguf file.")
  private Path model;

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "TEXT",
      description = {
        "Text, JSON, CSV, TSV or Parquet, plain or in .gz or .zst, or a folder of such; what is in"
            + " it decides, and not its name."
      })
  private List<Path> texts = new ArrayList<>();

  @Option(
      names = "--sequence-length",
      paramLabel = "N",
      converter = Ranges.PredictedWindow.class,
      description = "Tokens in a window. Default: the model's context, at most 2048.")
  private Integer sequenceLength;

  @Option(
      names = "--reference",
      paramLabel = "MODEL",
      description =
          "Compare with this model, a folder or a .gguf file of the same vocabulary: divergence of"
              + " the predictions, equal top tokens, ratio of perplexities.")
  private Path reference;

  @Option(
      names = "--choices",
      paramLabel = "FILE",
      description = {
        "Multiple-choice questions as JSON lines, plain or in .gz or .zst: context, choices and"
            + " answer (index from 0, or text); the fields of HellaSwag, ARC, OpenBookQA, PIQA,"
            + " Winogrande and BoolQ with the prompts that lm-eval makes of them; or what lm-eval"
            + " --log_samples wrote, of any multiple-choice task. Accuracy by the sum of"
            + " log-likelihoods, and by that sum over the choice's characters. May be repeated."
      })
  private List<Path> choices = new ArrayList<>();

  @Option(
      names = "--questions",
      paramLabel = "N",
      converter = Ranges.Count.class,
      description = "The first N questions of each file only. Default: all.")
  private Integer questions;

  @Option(names = "--json", description = "All figures, as JSON.")
  private boolean json;

  @Mixin private final TextArguments asked = new TextArguments();

  @Mixin private MachineArguments machine;

  @Override
  public Integer call() {
    checkOptions();
    OptionalInt length =
        sequenceLength == null ? OptionalInt.empty() : OptionalInt.of(sequenceLength);
    List<EvaluationReport.Text> told = new ArrayList<>();
    List<EvaluationReport.Choices> answered = new ArrayList<>();
    try (Compute compute = machine.compute();
        ProgressDisplay progress = machine.progress()) {
      TextEvaluation evaluation = new TextEvaluation(asked.toOptions(), length, compute, progress);
      for (Path text : texts) {
        EvaluationReport.Text result =
            reference == null
                ? told(text, evaluation.evaluate(model, text), Optional.empty())
                : told(text, evaluation.compare(model, reference, text));
        told.add(result);
        if (!json) {
          EvaluationTable.print(result, spec.commandLine().getOut());
        }
      }
      ChoiceEvaluation answering = new ChoiceEvaluation(asked.toOptions(), compute, progress);
      int most = questions == null ? Integer.MAX_VALUE : questions;
      for (Path file : choices) {
        EvaluationReport.Choices result =
            answering.evaluate(model, Optional.ofNullable(reference), file, most);
        answered.add(result);
        if (!json) {
          EvaluationTable.print(result, spec.commandLine().getOut());
        }
      }
    }
    if (json) {
      JsonOutput.print(
          new EvaluationReport(
              Version.awp(),
              ModelName.of(model),
              Optional.ofNullable(reference).map(ModelName::of),
              told,
              answered),
          spec.commandLine().getOut());
    }
    return 0;
  }

  private void checkOptions() {
    if (texts.isEmpty() && choices.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "say what to measure: a TEXT, --choices FILE, or both");
    }
    if (questions != null && choices.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "--questions needs --choices");
    }
    if (sequenceLength != null && texts.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "--sequence-length needs a TEXT");
    }
  }

  private static EvaluationReport.Text told(Path text, DivergenceResult result) {
    EvaluationReport.Compared compared =
        new EvaluationReport.Compared(result.reference().perplexity(), result.divergence());
    return told(text, result.model(), Optional.of(compared));
  }

  private static EvaluationReport.Text told(
      Path text, PerplexityResult result, Optional<EvaluationReport.Compared> compared) {
    return new EvaluationReport.Text(
        text.getFileName().toString(),
        result.sequenceLength(),
        result.windows(),
        result.tokens(),
        result.loss(),
        result.perplexity(),
        compared);
  }
}
