// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.checkpoint.ModelName;
import dev.awp.cli.option.CalibrationArguments;
import dev.awp.cli.option.EvaluationArguments;
import dev.awp.cli.option.MachineArguments;
import dev.awp.cli.option.StatisticsArguments;
import dev.awp.cli.option.TextArguments;
import dev.awp.cli.print.ComparisonTable;
import dev.awp.cli.print.ProgressDisplay;
import dev.awp.cli.value.JointArgument;
import dev.awp.cli.value.Ranges;
import dev.awp.cli.value.SparsityArgument;
import dev.awp.compare.Comparison;
import dev.awp.compare.ComparisonOptions;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compute.Compute;
import dev.awp.recipe.LayerSettings;
import dev.awp.report.ComparisonReport;
import dev.awp.report.page.ComparisonFiles;
import dev.awp.solver.Effort;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code awp compare MODEL_DIR}: methods side by side. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Compress a checkpoint by many methods and set them side by side.",
    description = {
      "",
      "Every cell of the table is a whole compression: all linear layers solved in the metric of"
          + " the dense model's inputs, written, read back and evaluated. The inputs are calibrated"
          + " once for all cells. Of a cell only its numbers are kept; an interrupted comparison"
          + " goes on where it was when the same command is given again, and more constraints and"
          + " methods can be added to a finished one.",
      "",
      "Results: the table on the terminal, and in --output comparison.html (pictures: divergence"
          + " and perplexity against size and speed), comparison.json, comparison.csv and"
          + " convergence.svg (the paper's Figure 1: error against iteration).",
      ""
    },
    footer = {
      "",
      "Example, the paper's tables for a model:",
      "  awp compare MODEL_DIR --calibration c4.txt --evaluate wiki.test.txt \\",
      "    --sparsity 0.5,0.6,0.7,0.8,0.9,2:4 --bits 4,3,2 --joint 0.5+4,0.5+3"
    })
final class CompareCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "MODEL_DIR",
      description = "A model folder or a .gguf file.")
  private Path model;

  @Option(
      names = "--sparsity",
      split = ",",
      paramLabel = "RATIO|N:M",
      converter = SparsityArgument.Converter.class,
      description = "Shares of zeros or patterns to prune to.")
  private List<SparsityArgument> sparsities = new ArrayList<>();

  @Option(
      names = "--bits",
      split = ",",
      paramLabel = "B",
      converter = Ranges.Bits.class,
      description = "Bits to quantize to: 2, 3, 4 or 8.")
  private List<Integer> bits = new ArrayList<>();

  @Option(
      names = "--joint",
      split = ",",
      paramLabel = "RATIO|N:M+B",
      converter = JointArgument.Converter.class,
      description = "Both at once, such as 0.5+4.")
  private List<JointArgument> joint = new ArrayList<>();

  @Option(
      names = "--prune-width",
      split = ",",
      paramLabel = "SHARE",
      converter = Ranges.Share.class,
      description = {
        "Shares of the linear weights to remove as whole neurons and key/value heads, by every way"
            + " to choose them (docs/structured.md); 'error' is that of the layers that read them."
      })
  private List<Double> widths = new ArrayList<>();

  @Option(
      names = "--prune-experts",
      split = ",",
      paramLabel = "SHARE_OR_COUNT",
      converter = Ranges.ShareOrCount.class,
      description = {
        "Shares or numbers of the experts of every mixture to remove, by every way to choose them;"
            + " 'error' is that of what the mixtures add to the hidden states."
      })
  private List<Double> experts = new ArrayList<>();

  @Option(
      names = "--group-size",
      paramLabel = "G",
      converter = Ranges.GroupSize.class,
      defaultValue = "" + LayerSettings.GROUP_SIZE,
      description = "Columns that share a scale; 0 for the whole row. Default: ${DEFAULT-VALUE}.")
  private int groupSize;

  @Option(names = "--symmetric", description = "Zero point in the middle of the codes.")
  private boolean symmetric;

  @Option(
      names = "--methods",
      split = ",",
      paramLabel = "NAME",
      converter = Ranges.SolverName.class,
      description = "Names of solvers (see compress), auto among them. Default: all of them.")
  private List<String> methods = new ArrayList<>();

  @Option(
      names = "--effort",
      paramLabel = "E",
      description = "Of the solvers that can trade time for error: low, normal or high.")
  private Effort effort;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "Folder of the results. Default: MODEL_DIR's name with -comparison, here.")
  private Path output;

  @Mixin private final CalibrationArguments calibration = new CalibrationArguments();

  @Mixin private final StatisticsArguments statistics = new StatisticsArguments();

  @Mixin private final EvaluationArguments evaluation = new EvaluationArguments();

  @Mixin private final TextArguments text = new TextArguments();

  @Mixin private MachineArguments machine;

  @Override
  public Integer call() {
    List<ConstraintOptions> constraints = constraints();
    if (constraints.isEmpty() && widths.isEmpty() && experts.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "say what to compare: --sparsity, --bits, --joint, --prune-width, --prune-experts, or"
              + " several");
    }
    if ((!widths.isEmpty() || !experts.isEmpty()) && statistics.given()) {
      throw new ParameterException(
          spec.commandLine(),
          "--statistics are moments of the whole model: they do not fit those of --prune-width and"
              + " --prune-experts");
    }
    Path folder = output == null ? defaultOutput() : output;
    ComparisonOptions.Builder options =
        ComparisonOptions.builder(model, folder)
            .constraints(constraints)
            .methods(methods)
            .widths(widths)
            .experts(experts)
            .calibration(statistics.toOptions(calibration, spec))
            .evaluation(evaluation.toOptions(spec))
            .texts(text.toOptions());
    if (effort == Effort.MAX) {
      throw new ParameterException(
          spec.commandLine(), "--effort max tunes blocks, which are not there to be compared");
    }
    Optional.ofNullable(effort).ifPresent(options::effort);
    ComparisonReport report;
    try (Compute compute = machine.compute();
        ProgressDisplay progress = machine.progress()) {
      report = Comparison.run(options.build(), Version.awp(), compute, progress);
    }
    ComparisonTable.print(report, spec.commandLine().getOut());
    spec.commandLine()
        .getOut()
        .printf(
            "written: %s (%s, %s, %s, %s)%n",
            folder,
            ComparisonFiles.PAGE,
            ComparisonFiles.JSON,
            ComparisonFiles.CSV,
            ComparisonFiles.PLOT);
    return 0;
  }

  private Path defaultOutput() {
    return Path.of(ModelName.of(model) + "-comparison");
  }

  private List<ConstraintOptions> constraints() {
    List<ConstraintOptions> constraints = new ArrayList<>();
    for (SparsityArgument sparsity : sparsities) {
      constraints.add(new ConstraintOptions(Optional.of(sparsity.toSparsity()), Optional.empty()));
    }
    for (int b : bits) {
      constraints.add(new ConstraintOptions(Optional.empty(), Optional.of(grid(b))));
    }
    for (JointArgument both : joint) {
      constraints.add(
          new ConstraintOptions(
              Optional.of(both.sparsity().toSparsity()), Optional.of(grid(both.bits()))));
    }
    return constraints;
  }

  private ConstraintOptions.Grid grid(int b) {
    return new ConstraintOptions.Grid(b, groupSize, symmetric);
  }
}
