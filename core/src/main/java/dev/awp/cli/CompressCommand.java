// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.AwpException;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.Compressor;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compress.Propagation;
import dev.awp.compress.Target;
import dev.awp.constraint.BlockGrid;
import dev.awp.constraint.Sparsity;
import dev.awp.kernel.Compute;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import java.io.PrintWriter;
import java.nio.file.Path;
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

/** {@code awp compress MODEL_DIR OUT_DIR}: the main job. */
@Command(
    name = "compress",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Compress every linear layer of a checkpoint and write a new checkpoint folder.",
    description = {
      "",
      "Reads MODEL_DIR (config.json, *.safetensors, tokenizer.json), compresses the linear layers"
          + " of all decoder blocks and writes OUT_DIR with the same tensor names, shapes and"
          + " element types, so that whatever loads MODEL_DIR loads OUT_DIR. Embeddings, norms and"
          + " lm_head stay as they are. OUT_DIR appears only when it is complete; report.json in it"
          + " tells the options and the error of every layer.",
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
      "    awp compress MODEL_DIR OUT_DIR --bits 4 --sparsity 0.5 --calibration text.txt"
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

  @Mixin private final SolverArguments solver = new SolverArguments();

  @Mixin private final CalibrationArguments calibration = new CalibrationArguments();

  @Mixin private final OutputArguments result = new OutputArguments();

  @Mixin private final EvaluationArguments evaluation = new EvaluationArguments();

  @Option(
      names = "--propagate",
      paramLabel = "WHICH",
      defaultValue = "compressed",
      description = {
        "Inputs that a block is calibrated on: 'compressed', what the compressed blocks before it"
            + " deliver, or 'dense', those of the original model. Default: ${DEFAULT-VALUE}."
      })
  private Propagation propagation;

  @Option(
      names = "--target",
      paramLabel = "WHICH",
      description = {
        "What a layer should reproduce: 'propagated', the original model's outputs, making up for"
            + " the errors of the blocks before it (a second file of activations), or 'dense',"
            + " its own weights. Default: propagated, dense with --propagate dense."
      })
  private Target target;

  @Mixin private MachineArguments machine;

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

    private ConstraintOptions toOptions(Optional<BlockGrid> blocks) {
      Optional<ConstraintOptions.Grid> grid = Optional.empty();
      if (bits != null) {
        try {
          grid = Optional.of(new ConstraintOptions.Grid(bits, groupSize, symmetric));
        } catch (IllegalArgumentException e) {
          throw new AwpException(
              "--bits %d --group-size %d: %s".formatted(bits, groupSize, e.getMessage()), e);
        }
      }
      Optional<Sparsity> zeros = Optional.ofNullable(sparsity).map(SparsityArgument::toSparsity);
      try {
        return new ConstraintOptions(zeros, grid, blocks);
      } catch (IllegalArgumentException e) {
        throw new AwpException("--gguf-type: " + e.getMessage(), e);
      }
    }
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
              + " at any time, are not counted. Below what one pass over a block needs, blocks are"
              + " calibrated in four passes, with the same results; below what that needs, the"
              + " smallest limit that would do is told. Default: the machine's memory."
        })
    private Long memoryLimit;
  }

  @Override
  public Integer call() {
    if (constraint.sparsity == null && constraint.bits == null && gguf.blocks().isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "say what to do: --sparsity RATIO, --sparsity N:M, --bits B, or both");
    }
    if (constraint.bits != null && gguf.blocks().isPresent()) {
      throw new ParameterException(
          spec.commandLine(), "--gguf-type says the bits already: leave --bits out");
    }
    CompressionOptions options =
        new CompressionOptions(
            model,
            output,
            gguf.applyTo(format.toFormats(), spec),
            constraint.toOptions(gguf.blocks()),
            solver.toOptions(),
            calibration.toOptions(),
            propagation,
            target(),
            result.maxShardSize,
            result.memoryLimit == null ? OptionalLong.empty() : OptionalLong.of(result.memoryLimit),
            evaluation.toOptions());
    PrintWriter out = spec.commandLine().getOut();
    SummaryTable.print(run(options), out);
    out.println("written: " + output + " (" + ReportFile.NAME + " inside)");
    return 0;
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

  private RunReport run(CompressionOptions options) {
    try (Compute compute = machine.compute();
        ProgressDisplay progress = machine.progress()) {
      return Compressor.run(options, Version.awp(), compute, progress);
    }
  }
}
