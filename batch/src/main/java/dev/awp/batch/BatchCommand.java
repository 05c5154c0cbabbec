// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.awp.AwpException;
import dev.awp.AwpVersion;
import dev.awp.blas.mixed.MixedPrecision;
import dev.awp.cli.ModuleCommand;
import dev.awp.cli.value.SizeConverter;
import dev.awp.compress.memory.PhysicalMemory;
import dev.awp.compute.Compute;
import dev.awp.report.ReportFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code awp batch JOBS}: every model with every recipe. */
@Command(
    name = "batch",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Run many models and recipes, on one machine or on many by Apache Spark.",
    description = {
      "",
      "Reads JOBS, a YAML file of models, recipes and a pattern of outputs, and runs 'awp compress'"
          + " for every model with every recipe, the longest first. What fails is told at the end"
          + " and ends no other run. The same command again skips what is finished and goes on with"
          + " what is not. Results lie in the folder JOBS-batch: batch.json, batch.html and a log"
          + " of each run.",
      ""
    },
    footer = {
      "",
      "An example of JOBS; every key of a recipe may stand in it (docs/clusters.md):",
      "  models: [llama-1b, qwen-0.5b]",
      "  output: out/{model}-{recipe}",
      "  calibration: text.txt",
      "  recipes:",
      "  - {name: w4, bits: 4}",
      "  - {name: half, sparsity: 0.5}",
      "  - mixed.yaml"
    })
public final class BatchCommand implements ModuleCommand {
  /** How long a run waits for a machine that was given up and still holds its output. */
  private static final String PATIENCE = "600";

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "JOBS", description = "The YAML file to read.")
  private Path jobs;

  @Option(
      names = "--master",
      paramLabel = "URL",
      description = {
        "Where to run, as Spark spells it: spark://HOST:PORT, k8s://..., yarn, local[N]. Default:"
            + " spark.master of JOBS, else local[*], this machine."
      })
  private String master;

  @Option(
      names = "--cores-per-run",
      paramLabel = "N",
      description = {
        "Cores of each run, and its threads where its recipe says nothing; 1, 2 and 4 give the same"
            + " bytes. Default: 4 where they divide this machine's processors, else 2."
      })
  private int cores;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      converter = SizeConverter.class,
      description = {
        "Memory of each run, its --memory-limit where its recipe says nothing. Default: what the"
            + " runs' plans need, and this machine's memory shared by the runs at a time."
      })
  private Long memory;

  @Option(
      names = "--pin-blas",
      paramLabel = "CORE",
      description = {
        "The core whose products OpenBLAS uses on every machine, such as Haswell. Without it,"
            + " machines that would use different ones are refused."
      })
  private String core;

  @Option(
      names = "--patience",
      paramLabel = "SECONDS",
      defaultValue = PATIENCE,
      hidden = true,
      description = "Wait for another process that holds an output.")
  private long patience;

  @Option(
      names = "--dry-run",
      description = {
        "Print every run's command, plan, memory and state, the longest first. Nothing runs."
      })
  private boolean dryRun;

  @Option(
      names = "--commands",
      description = {
        "Print the command of each run, a line each, for other schedulers, and note that outputs"
            + " that are not there yet are those of this batch."
      })
  private boolean commands;

  @Option(
      names = {"-q", "--quiet"},
      description = "No progress; the table and failures are still told.")
  private boolean quiet;

  @Override
  public String name() {
    return "batch";
  }

  @Override
  public Integer call() {
    if (cores < 0 || (cores == 0 && typed("--cores-per-run"))) {
      throw new ParameterException(spec.commandLine(), "--cores-per-run is 1 or more");
    }
    if (dryRun && commands) {
      throw new ParameterException(spec.commandLine(), "--commands is for no --dry-run");
    }
    PrintWriter out = spec.commandLine().getOut();
    BatchFile file = BatchFile.read(jobs);
    if (commands) {
      file.sign();
      out.print(file.commands());
      out.flush();
      return 0;
    }
    if (!dryRun) {
      checkMaster(file);
    }
    List<PlannedRun> planned = plan(file);
    if (dryRun) {
      BatchTables.print(planned, out);
      return planned.stream().allMatch(run -> run.refusal().isEmpty()) ? 0 : 1;
    }
    return run(file, planned, out);
  }

  private boolean typed(String option) {
    return spec.commandLine().getParseResult().hasMatchedOption(option);
  }

  private List<PlannedRun> plan(BatchFile file) {
    PrintWriter err = progress();
    int threads = Share.usualCores(Runtime.getRuntime().availableProcessors());
    try (Compute compute = Compute.create(cores == 0 ? threads : cores, MixedPrecision.Mode.AUTO)) {
      return file.runs().stream()
          .map(
              run -> {
                err.println("planning " + run.name());
                return PlannedRun.of(run, file.results(), compute);
              })
          .sorted(PlannedRun.LONGEST_FIRST)
          .toList();
    }
  }

  private PrintWriter progress() {
    return quiet ? new PrintWriter(Writer.nullWriter()) : spec.commandLine().getErr();
  }

  private int run(BatchFile file, List<PlannedRun> planned, PrintWriter out) {
    Map<String, RunOutcome> outcomes = new HashMap<>();
    for (PlannedRun run : planned) {
      if (run.refusal().isPresent()) {
        outcomes.put(run.run().name(), RunOutcome.failed(run.refusal().get()));
      } else if (run.state() == OutputState.FINISHED) {
        outcomes.put(run.run().name(), new RunOutcome(RunOutcome.End.SKIPPED, "", 0, "", 0));
      }
    }
    List<PlannedRun> open = planned.stream().filter(PlannedRun::isOpen).toList();
    save(file, report(file, outcomes));
    if (!open.isEmpty()) {
      quietSpark();
      BatchProgress progress = new BatchProgress(progress(), open);
      ChildJvm jvm = ChildJvm.likeThis();
      if (core != null) {
        jvm = jvm.with("OPENBLAS_CORETYPE", core);
      }
      new BatchDriver(file, share(file, open), jvm, patience)
          .run(
              open,
              progress,
              (run, outcome) -> {
                outcomes.put(run.name(), outcome);
                progress.ended(run, outcome);
                saveOrTell(file, outcomes, progress);
              });
    }
    BatchReport report = report(file, outcomes);
    BatchTables.print(report, out);
    out.flush();
    save(file, report);
    out.println("written: " + file.results().resolve(BatchTables.PAGE));
    return report.isGood() ? 0 : 1;
  }

  private String master(BatchFile file) {
    return BatchDriver.master(Optional.ofNullable(master), file.spark());
  }

  private void checkMaster(BatchFile file) {
    String where = master(file);
    Optional<Master> kind = Master.of(where);
    if (kind.isEmpty() && master != null) {
      throw new ParameterException(spec.commandLine(), "--master: " + Master.unknown(where));
    }
    kind.orElseThrow(() -> new AwpException("spark.master: " + Master.unknown(where)))
        .check(where, getClass().getClassLoader(), file.spark());
  }

  private Share share(BatchFile file, List<PlannedRun> open) {
    String where = master(file);
    OptionalLong limit = memory == null ? OptionalLong.empty() : OptionalLong.of(memory);
    long need = open.stream().mapToLong(PlannedRun::memory).max().orElse(0);
    return Master.of(where).equals(Optional.of(Master.LOCAL))
        ? Share.ofThisMachine(
            where,
            Runtime.getRuntime().availableProcessors(),
            cores,
            PhysicalMemory.bytes(),
            limit,
            need)
        : Share.ofOthers(where, cores, limit, need);
  }

  private static BatchReport report(BatchFile file, Map<String, RunOutcome> outcomes) {
    return new BatchReport(
        AwpVersion.current(),
        String.valueOf(file.file().getFileName()),
        file.runs().stream()
            .map(run -> BatchReport.Run.of(run, Optional.ofNullable(outcomes.get(run.name()))))
            .toList());
  }

  /** The runs go on where there is no room to tell of them; in the end that is told. */
  private static void saveOrTell(
      BatchFile file, Map<String, RunOutcome> outcomes, BatchProgress progress) {
    try {
      save(file, report(file, outcomes));
    } catch (AwpException e) {
      progress.say(e.getMessage());
    }
  }

  /** Writes what is known so far: a batch that is stopped leaves it too. */
  private static void save(BatchFile file, BatchReport report) {
    try {
      Files.createDirectories(file.results());
    } catch (IOException e) {
      throw new AwpException(file.results() + ": cannot be made: " + e.getMessage(), e);
    }
    ReportFile.writeJson(report, file.results().resolve(BatchReport.NAME));
    BatchTables.writePage(report, file.results().resolve(BatchTables.PAGE));
  }

  /** What Spark tells of itself is for who looks for it: -Dawp.spark.log=INFO. */
  private static void quietSpark() {
    String wanted = System.getProperty("awp.spark.log");
    Level level = Level.toLevel(wanted, Level.ERROR);
    List.of("org.apache.spark", "org.apache.hadoop", "org.sparkproject")
        .forEach(name -> setLevel(name, level));
    if (wanted == null) {
      // Of a start that fails and of a run that is lost these tell in pages what the batch tells in
      // a sentence.
      List.of("SparkContext", "executor.Executor", "scheduler.TaskSetManager")
          .forEach(name -> setLevel("org.apache.spark." + name, Level.OFF));
    }
  }

  private static void setLevel(String name, Level level) {
    if (LoggerFactory.getLogger(name) instanceof Logger logger) {
      logger.setLevel(level);
    }
  }
}
