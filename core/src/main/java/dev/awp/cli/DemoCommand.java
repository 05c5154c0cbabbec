// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.AwpException;
import dev.awp.cli.option.MachineArguments;
import dev.awp.cli.print.ProgressDisplay;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.CompressionOptions.Calibration;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compress.walk.Compressor;
import dev.awp.compute.Compute;
import dev.awp.constraint.NmSparsity;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.Sparsity;
import dev.awp.demo.DemoModel;
import dev.awp.eval.EvaluationOptions;
import dev.awp.report.PerplexityReport;
import dev.awp.report.RunReport;
import dev.awp.solver.registry.SolverOptions;
import dev.awp.text.TextOptions;
import dev.awp.text.Windows;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code awp demo}: the whole walk on the embedded model, with every method. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    header = "Compress a small embedded model in several ways and compare them.",
    description = {
      "",
      "Needs no files and no network. The model is a LLaMA of 1.0 million parameters, trained on"
          + " English text; it is far too small to be useful, and its perplexity suffers more from"
          + " compression than a large model's would. Compare the methods with each other.",
      ""
    })
final class DemoCommand implements Callable<Integer> {
  private static final Optional<Sparsity> HALF = Optional.of(new RowSparsity(0.5));
  private static final Optional<Sparsity> MOST = Optional.of(new RowSparsity(0.7));
  private static final Optional<Sparsity> TWO_OF_FOUR = Optional.of(new NmSparsity(2, 4));
  private static final Optional<ConstraintOptions.Grid> FOUR_BITS =
      Optional.of(new ConstraintOptions.Grid(4, 128, false));

  private static final List<Run> RUNS =
      List.of(
          new Run("magnitude", HALF, Optional.empty()),
          new Run("wanda", HALF, Optional.empty()),
          new Run("pgd", HALF, Optional.empty()),
          new Run("auto", HALF, Optional.empty()),
          new Run("magnitude", MOST, Optional.empty()),
          new Run("wanda", MOST, Optional.empty()),
          new Run("pgd", MOST, Optional.empty()),
          new Run("auto", MOST, Optional.empty()),
          new Run("wanda", TWO_OF_FOUR, Optional.empty()),
          new Run("pgd", TWO_OF_FOUR, Optional.empty()),
          new Run("auto", TWO_OF_FOUR, Optional.empty()),
          new Run("rtn", Optional.empty(), FOUR_BITS),
          new Run("pgd", Optional.empty(), FOUR_BITS),
          new Run("auto", Optional.empty(), FOUR_BITS),
          new Run("wanda", HALF, FOUR_BITS),
          new Run("pgd", HALF, FOUR_BITS),
          new Run("auto", HALF, FOUR_BITS));

  @Spec private CommandSpec spec;

  @Option(
      names = "--keep",
      paramLabel = "DIR",
      description = "Keep model, texts and compressed models in this new folder.")
  private Path keep;

  @Mixin private MachineArguments machine;

  /** One line of the table. */
  private record Run(
      String solver, Optional<Sparsity> sparsity, Optional<ConstraintOptions.Grid> grid) {
    private String constraint() {
      String zeros = sparsity.map(Sparsity::describe).orElse("");
      String bits = grid.map(g -> g.bits() + " bit g" + g.groupSize()).orElse("");
      return zeros.isEmpty() || bits.isEmpty() ? zeros + bits : zeros + " + " + bits;
    }
  }

  @Override
  public Integer call() {
    Path folder = createFolder();
    try {
      run(folder);
    } finally {
      if (keep == null) {
        delete(folder);
      }
    }
    return 0;
  }

  private void run(Path folder) {
    PrintWriter out = spec.commandLine().getOut();
    DemoModel.Unpacked demo = DemoModel.unpack(folder);
    out.printf(
        "%-10s %-26s %14s %12s %12s %8s%n",
        "method", "constraint", "relative error", "ppl before", "ppl after", "seconds");
    try (Compute compute = machine.compute();
        ProgressDisplay progress = ProgressDisplay.silent()) {
      for (int i = 0; i < RUNS.size(); i++) {
        Path output = folder.resolve("compressed-" + (i + 1));
        print(RUNS.get(i), compress(RUNS.get(i), demo, output, compute, progress), out);
      }
    }
    if (keep != null) {
      out.println("kept: " + keep);
    }
  }

  private static RunReport compress(
      Run run, DemoModel.Unpacked demo, Path output, Compute compute, ProgressDisplay progress) {
    CompressionOptions options =
        CompressionOptions.builder(demo.model(), output)
            .constraint(new ConstraintOptions(run.sparsity(), run.grid()))
            .solver(SolverOptions.of(run.solver()))
            .calibration(new Calibration(List.of(demo.calibration()), 20, OptionalInt.empty(), 0))
            .evaluation(new EvaluationOptions(List.of(demo.evaluation()), OptionalInt.empty()))
            // The model was trained on windows that begin anywhere.
            .texts(TextOptions.DEFAULT.withWindows(Windows.PAPERS))
            .build();
    return Compressor.run(options, Version.awp(), compute, progress);
  }

  private static void print(Run run, RunReport report, PrintWriter out) {
    PerplexityReport perplexity = report.perplexity().getFirst();
    out.printf(
        Locale.ROOT,
        "%-10s %-26s %14.4f %12.2f %12.2f %8.1f%n",
        run.solver(),
        run.constraint(),
        report.summary().meanRelativeError(),
        perplexity.before(),
        perplexity.after(),
        report.summary().seconds());
  }

  private Path createFolder() {
    try {
      if (keep == null) {
        return Files.createTempDirectory("awp-demo-");
      }
      if (Files.exists(keep)) {
        throw new AwpException(keep + ": --keep needs a folder that does not exist yet");
      }
      return Files.createDirectories(keep);
    } catch (IOException e) {
      throw new AwpException("no folder for the demo can be made: " + e.getMessage(), e);
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path path : tree.toList().reversed()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new AwpException(folder + ": cannot be removed: " + e.getMessage(), e);
    }
  }
}
