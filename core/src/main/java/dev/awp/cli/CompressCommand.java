// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.blas.mixed.MixedPrecision;
import dev.awp.cli.option.CalibrationArguments;
import dev.awp.cli.option.EvaluationArguments;
import dev.awp.cli.option.MachineArguments;
import dev.awp.cli.option.SchemeArguments;
import dev.awp.cli.option.SizeArguments;
import dev.awp.cli.option.SolverArguments;
import dev.awp.cli.option.StartArguments;
import dev.awp.cli.option.StatisticsArguments;
import dev.awp.cli.option.StructureArguments;
import dev.awp.cli.option.TargetArguments;
import dev.awp.cli.option.TextArguments;
import dev.awp.cli.print.PlanTable;
import dev.awp.cli.print.ProgressDisplay;
import dev.awp.cli.print.SummaryTable;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.Start;
import dev.awp.compress.walk.Compressor;
import dev.awp.compute.Compute;
import dev.awp.recipe.Recipe;
import dev.awp.report.PlanReport;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import dev.awp.solver.registry.SolverOptions;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code awp compress MODEL_DIR OUT_DIR}: the main job. */
@Command(
    name = "compress",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Compress every linear layer of a checkpoint and write a new checkpoint folder.",
    description = {
      "",
      "Reads MODEL_DIR (config.json, *.safetensors, tokenizer.json), compresses the linear layers"
          + " of all decoder blocks and writes OUT_DIR: with the same tensor names, shapes and"
          + " element types, so that whatever loads MODEL_DIR loads OUT_DIR, or packed, so that it"
          + " is smaller (--format). Embeddings and norms stay as they are, and lm_head without"
          + " --lm-head. OUT_DIR appears only when it is complete; report.json in it tells the"
          + " options and the error of every layer. A run that ends early, however it ends, leaves"
          + " its finished layers in OUT_DIR.partial, and the same command goes on after them, to"
          + " the same bytes.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  Half of the weights to zero:",
      "    awp compress MODEL_DIR OUT_DIR --sparsity 0.5 --calibration text.txt",
      "  Two of every four, then the perplexity before and after:",
      "    awp compress MODEL_DIR OUT_DIR --sparsity 2:4 --calibration text.txt --evaluate"
          + " test.txt",
      "  4 bits in groups of 128, and both at once:",
      "    awp compress MODEL_DIR OUT_DIR --bits 4 --calibration text.txt",
      "    awp compress MODEL_DIR OUT_DIR --bits 4 --sparsity 0.5 --calibration text.txt",
      "  A quarter of the blocks' weights fewer, as whole neurons and heads, then 4 bits:",
      "    awp compress MODEL_DIR OUT_DIR --prune-width 0.25 --bits 4 --calibration text.txt",
      "  Packed 4-bit checkpoints for vLLM and GPTQ readers, OUT_DIR/compressed-tensors and"
          + " OUT_DIR/gptq:",
      "    awp compress MODEL_DIR OUT_DIR --format compressed-tensors,gptq --calibration text.txt"
    })
final class CompressCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "MODEL_DIR",
      description = "The model folder or .gguf file to read.")
  private Path model;

  @Parameters(
      index = "1",
      paramLabel = "OUT_DIR",
      description = {
        "The folder to write; it must not exist yet, or be empty. A path that ends in .gguf is one"
            + " file, in the format gguf."
      })
  private Path output;

  @Mixin private final SchemeArguments scheme = new SchemeArguments();

  @Mixin private final StructureArguments structure = new StructureArguments();

  @Mixin private final SolverArguments solver = new SolverArguments();

  @Mixin private final CalibrationArguments calibration = new CalibrationArguments();

  @Mixin private final StatisticsArguments statistics = new StatisticsArguments();

  @Mixin private final SizeArguments sizes = new SizeArguments();

  @Mixin private final EvaluationArguments evaluation = new EvaluationArguments();

  @Mixin private final TextArguments text = new TextArguments();

  @Mixin private final TargetArguments target = new TargetArguments();

  @Option(
      names = "--precision",
      paramLabel = "WHICH",
      defaultValue = "auto",
      description = {
        "Products that are repeated: 'f32'; 'bf16', in bfloat16 with sums in f32, an error where"
            + " the processor has no such instructions; or 'auto', in bfloat16 parts for large"
            + " layers where trials show that the objective stays within 1 %%, and in f32 where the"
            + " processor or they do not allow it. Default: ${DEFAULT-VALUE}."
      })
  private MixedPrecision.Mode precision;

  @Option(
      names = "--requantize",
      description = {
        "Take a .gguf file in blocks of codes, such as Q4_K, for the original where there is no"
            + " better one. What its quantization lost stays lost."
      })
  private boolean requantize;

  @ArgGroup private StartArguments start;

  @Mixin private MachineArguments machine;

  @Option(
      names = "--dry-run",
      description = {
        "Print what would be done: constraint and solver of each layer, sizes, work, memory and a"
            + " rough time. Nothing is written."
      })
  private boolean dryRun;

  @Option(names = "--json", description = "With --dry-run: print JSON.")
  private boolean json;

  @Override
  public Integer call() {
    CompressionOptions options = options();
    PrintWriter out = spec.commandLine().getOut();
    checkDryRun();
    if (dryRun) {
      print(plan(options), out);
      return 0;
    }
    SummaryTable.print(run(options), out);
    out.println(
        options.place().isFile()
            ? "written: %s (%s beside it)".formatted(output, ReportFile.of(output).getFileName())
            : "written: " + output + " (" + ReportFile.NAME + " inside)");
    return 0;
  }

  /** What would be left aside in silence is misuse. */
  private void checkDryRun() {
    if (json && !dryRun) {
      throw new ParameterException(spec.commandLine(), "--json is for --dry-run");
    }
    if (dryRun && start != null) {
      throw new ParameterException(
          spec.commandLine(), "--resume and --restart are for a run, not for --dry-run");
    }
  }

  /** What was asked for, once the command is parsed. */
  CompressionOptions options() {
    CompressionOptions.Builder options = CompressionOptions.builder(model, output);
    scheme.settleFormat(output, spec);
    Recipe recipe =
        scheme.applyTo(options, structure, spec, new CommandLine(new CompressCommand()));
    structure.applyTo(options, statistics, spec);
    SolverOptions solving = solver.toOptions(recipe, spec);
    options.solver(solving);
    options.evaluation(evaluation.toOptions(spec));
    options.texts(text.toOptions());
    options.requantize(requantize);
    sizes.applyTo(options);
    target.applyTo(options, solving, spec);
    statistics.applyTo(options, target, solving, spec);
    options.calibration(statistics.toOptions(calibration, spec));
    return options.build();
  }

  /** What computes it. */
  Compute compute() {
    return machine.compute(precision);
  }

  private void print(PlanReport plan, PrintWriter out) {
    if (json) {
      out.println(ReportFile.toJson(plan));
    } else {
      PlanTable.print(plan, out);
    }
  }

  private PlanReport plan(CompressionOptions options) {
    try (Compute compute = compute();
        ProgressDisplay progress = machine.progress()) {
      return Compressor.plan(options, compute, progress);
    }
  }

  private RunReport run(CompressionOptions options) {
    try (Compute compute = compute();
        ProgressDisplay progress = machine.progress();
        StopSignal signal = StopSignal.listen(spec.commandLine().getErr(), progress)) {
      Start begin = start == null ? Start.CONTINUE : start.toStart();
      return Compressor.run(options, begin, Version.awp(), compute, signal);
    }
  }
}
