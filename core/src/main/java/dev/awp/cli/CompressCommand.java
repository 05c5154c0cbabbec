// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.AwpException;
import dev.awp.blas.mixed.MixedPrecision;
import dev.awp.cli.option.BudgetArguments;
import dev.awp.cli.option.CalibrationArguments;
import dev.awp.cli.option.EvaluationArguments;
import dev.awp.cli.option.FormatArguments;
import dev.awp.cli.option.GgufArguments;
import dev.awp.cli.option.MachineArguments;
import dev.awp.cli.option.RecipeFlags;
import dev.awp.cli.option.SizeConverter;
import dev.awp.cli.option.SolverArguments;
import dev.awp.cli.option.SparsityArgument;
import dev.awp.cli.option.StatisticsArguments;
import dev.awp.cli.print.PlanTable;
import dev.awp.cli.print.ProgressDisplay;
import dev.awp.cli.print.SummaryTable;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compress.Propagation;
import dev.awp.compress.Start;
import dev.awp.compress.Target;
import dev.awp.compress.walk.Compressor;
import dev.awp.compute.Compute;
import dev.awp.format.gguf.GgufFormat;
import dev.awp.recipe.Budget;
import dev.awp.recipe.Choice;
import dev.awp.recipe.LayerRule;
import dev.awp.recipe.LayerSettings;
import dev.awp.recipe.Recipe;
import dev.awp.recipe.RecipeFile;
import dev.awp.report.PlanReport;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
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
          + " is smaller (--format). Embeddings, norms and lm_head stay as they are. OUT_DIR"
          + " appears only when it is complete; report.json in it tells the options and the error"
          + " of every layer. A run that ends early, however it ends, leaves its finished layers in"
          + " OUT_DIR.partial, and the same command goes on after them, to the same bytes.",
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
      "  Packed 4-bit checkpoints for vLLM and GPTQ readers, OUT_DIR/compressed-tensors and"
          + " OUT_DIR/gptq:",
      "    awp compress MODEL_DIR OUT_DIR --format compressed-tensors,gptq --calibration text.txt"
    })
final class CompressCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "MODEL_DIR", description = "The checkpoint folder to read.")
  private Path model;

  @Parameters(
      index = "1",
      paramLabel = "OUT_DIR",
      description = "The folder to write; it must not exist yet, or be empty.")
  private Path output;

  @Mixin private final ConstraintArguments constraint = new ConstraintArguments();

  @Mixin private final FormatArguments format = new FormatArguments();

  @Mixin private final GgufArguments gguf = new GgufArguments();

  @Mixin private final BudgetArguments budget = new BudgetArguments();

  @Mixin private final RecipeArguments recipe = new RecipeArguments();

  @Mixin private final SolverArguments solver = new SolverArguments();

  @Mixin private final CalibrationArguments calibration = new CalibrationArguments();

  @Mixin private final StatisticsArguments statistics = new StatisticsArguments();

  @Mixin private final OutputArguments result = new OutputArguments();

  @Mixin private final EvaluationArguments evaluation = new EvaluationArguments();

  @Option(
      names = "--propagate",
      paramLabel = "WHICH",
      defaultValue = "compressed",
      description = {
        "Inputs that a layer is calibrated on: 'compressed', what the compressed layers before it"
            + " deliver, or 'dense', those of the original model. Default: ${DEFAULT-VALUE}."
      })
  private Propagation propagation;

  @Option(
      names = "--target",
      paramLabel = "WHICH",
      description = {
        "What a layer should reproduce: 'propagated', the original model's outputs, making up for"
            + " the errors of the layers before it (a second file of activations), or 'dense',"
            + " its own weights. Default: propagated, dense with --propagate dense."
      })
  private Target target;

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

  @ArgGroup private Beginning beginning;

  @Mixin private MachineArguments machine;

  /** At most one of them. */
  static final class Beginning {
    @Option(
        names = "--resume",
        description = {
          "Go on with the unfinished run beside OUT_DIR, and refuse where there is none. Without"
              + " this, a run goes on where there is one of the same inputs and options."
        })
    private boolean resume;

    @Option(
        names = "--restart",
        description = "Throw an unfinished run beside OUT_DIR away and begin anew.")
    private boolean restart;
  }

  @Option(
      names = "--dry-run",
      description = {
        "Print what would be done: constraint and solver of each layer, sizes, work, memory and a"
            + " rough time. Nothing is written."
      })
  private boolean dryRun;

  @Option(names = "--json", description = "With --dry-run: print JSON.")
  private boolean json;

  static final class ConstraintArguments {
    @Option(
        names = "--sparsity",
        paramLabel = "RATIO|N:M",
        converter = SparsityArgument.Converter.class,
        description = {
          "Share of zeros in every row, such as 0.5, or a pattern such as 2:4: at most 2 non-zeros"
              + " in every 4 consecutive columns."
        })
    private SparsityArgument sparsity;

    @Option(
        names = "--bits",
        paramLabel = "B",
        description = "Bits of the integer grid: 2, 3, 4 or 8. With --sparsity: both at once.")
    private Integer bits;

    @Option(
        names = "--group-size",
        paramLabel = "G",
        defaultValue = "128",
        description = {
          "Columns that share a scale and a zero point; 0 for the whole row. A last group may be"
              + " shorter. Default: ${DEFAULT-VALUE}."
        })
    private int groupSize;

    @Option(
        names = "--symmetric",
        description = "Zero point in the middle of the codes; the default is one for each group.")
    private boolean symmetric;

    /** What every runtime reads: where a format is asked for and nothing else. */
    private void takeDefaultBits() {
      bits = 4;
      symmetric = true;
    }

    private LayerSettings toSettings() {
      try {
        var _ = new ConstraintOptions.Grid(bits == null ? 4 : bits, groupSize, symmetric);
      } catch (IllegalArgumentException e) {
        throw new AwpException(
            "%s--group-size %d: %s"
                .formatted(bits == null ? "" : "--bits " + bits + " ", groupSize, e.getMessage()),
            e);
      }
      return LayerSettings.of(
              Choice.of(Optional.ofNullable(sparsity).map(SparsityArgument::toSparsity)),
              Choice.of(Optional.ofNullable(bits)))
          .withGrid(groupSize, symmetric);
    }
  }

  static final class RecipeArguments {
    @Option(
        names = "--recipe",
        paramLabel = "FILE",
        description = {
          "YAML file with any of these options, and with rules for single layers (docs/recipes.md)."
              + " What is typed here wins over the recipe's options for all layers."
        })
    private Path file;

    @Option(
        names = "--lm-head",
        description = "Compress lm_head too; not where its weights are those of the embeddings.")
    private boolean head;

    @Option(
        names = "--fused",
        description = {
          "Layers with the same inputs (q, k and v; gate and up) get the same scheme, as readers"
              + " that fuse them need it. On by itself for a target of bits or size in a format"
              + " with such readers: compressed-tensors, gptq, awq."
        })
    private boolean fused;
  }

  static final class OutputArguments {
    @Option(
        names = "--max-shard-size",
        paramLabel = "SIZE",
        defaultValue = "5GB",
        converter = SizeConverter.class,
        description = "Largest size of one written file. Default: ${DEFAULT-VALUE}.")
    private long maxShardSize;

    @Option(
        names = "--memory-limit",
        paramLabel = "SIZE",
        converter = SizeConverter.class,
        description = {
          "Memory that the run may use, such as 4GiB; mapped files, which the system can take back"
              + " at any time, are not counted. Where it is short, the layers of a block are"
              + " calibrated in more passes, with the same results; below what that needs, the"
              + " smallest limit that would do is told. Default: the machine's memory."
        })
    private Long memoryLimit;
  }

  @Override
  public Integer call() {
    List<LayerRule> rules = List.of();
    if (recipe.file != null) {
      RecipeFile read = RecipeFile.read(recipe.file);
      new RecipeFlags(read, spec, new CommandLine(new CompressCommand())).apply();
      rules = read.rules();
    }
    Recipe whole = recipe(rules);
    CompressionOptions options =
        new CompressionOptions(
            model,
            output,
            gguf.applyTo(format.toFormats(), spec),
            whole,
            solver.toOptions(),
            statistics.applyTo(calibration.toOptions(spec), propagation, target(), spec),
            propagation,
            target(),
            result.maxShardSize,
            result.memoryLimit == null ? OptionalLong.empty() : OptionalLong.of(result.memoryLimit),
            evaluation.toOptions());
    PrintWriter out = spec.commandLine().getOut();
    if (dryRun) {
      print(plan(options), out);
      return 0;
    }
    SummaryTable.print(run(options), out);
    out.println("written: " + output + " (" + ReportFile.NAME + " inside)");
    return 0;
  }

  private Recipe recipe(List<LayerRule> rules) {
    Optional<Budget> shared = budget.toBudget(spec);
    boolean zeros = constraint.sparsity != null || budget.givesSparsity();
    boolean bits = constraint.bits != null || budget.givesBits();
    if (!zeros && !bits && rules.isEmpty() && !gguf.given() && !format.given()) {
      throw new ParameterException(
          spec.commandLine(),
          "say what to do: --sparsity RATIO, --sparsity N:M, --bits B, --format FORMAT, a"
              + " --target-..., or a --recipe");
    }
    if (bits && gguf.blocks().isPresent()) {
      throw new ParameterException(
          spec.commandLine(), "--gguf-type says the bits already: leave --bits out");
    }
    if (!zeros && !bits && format.only(GgufFormat.NAME)) {
      gguf.takeDefaultBlocks();
    }
    if (!zeros && !bits && gguf.blocks().isEmpty() && format.given()) {
      constraint.takeDefaultBits();
    }
    if ((constraint.sparsity != null && budget.givesSparsity())
        || (constraint.bits != null && budget.givesBits())) {
      throw new ParameterException(
          spec.commandLine(),
          "a target decides about this itself: --sparsity excludes --target-sparsity, --bits"
              + " excludes --target-bits and --target-size");
    }
    LayerSettings settings = constraint.toSettings().withBlocks(gguf.blocks());
    settings = budget.givesSparsity() ? settings.withSparsity(new Choice.Budgeted<>()) : settings;
    settings = budget.givesBits() ? settings.withBits(new Choice.Budgeted<>()) : settings;
    return new Recipe(settings, rules, recipe.head, recipe.fused, shared);
  }

  private Target target() {
    boolean compressed = propagation == Propagation.COMPRESSED;
    if (target == Target.PROPAGATED && !compressed) {
      throw new ParameterException(
          spec.commandLine(),
          "--target propagated needs --propagate compressed: dense inputs have not drifted");
    }
    if (target != null) {
      return target;
    }
    return compressed ? Target.PROPAGATED : Target.DENSE;
  }

  private void print(PlanReport plan, PrintWriter out) {
    if (json) {
      out.println(ReportFile.toJson(plan));
    } else {
      PlanTable.print(plan, out);
    }
  }

  private PlanReport plan(CompressionOptions options) {
    try (Compute compute = machine.compute(precision);
        ProgressDisplay progress = machine.progress()) {
      return Compressor.plan(options, compute, progress);
    }
  }

  private RunReport run(CompressionOptions options) {
    try (Compute compute = machine.compute(precision);
        ProgressDisplay progress = machine.progress();
        StopSignal signal = StopSignal.listen(spec.commandLine().getErr(), progress)) {
      return Compressor.run(options, start(), Version.awp(), compute, signal);
    }
  }

  private Start start() {
    if (beginning == null || !(beginning.resume || beginning.restart)) {
      return Start.CONTINUE;
    }
    return beginning.resume ? Start.RESUME : Start.RESTART;
  }
}
