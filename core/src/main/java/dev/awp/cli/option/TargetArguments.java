// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

import dev.awp.cli.value.Ranges;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.Propagation;
import dev.awp.compress.Target;
import dev.awp.solver.Effort;
import dev.awp.solver.registry.SolverOptions;
import dev.awp.tuning.TuningOptions;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that say on which inputs layers are calibrated, and what they should reproduce. */
public final class TargetArguments {
  @Option(
      names = "--propagate",
      paramLabel = "WHICH",
      description = {
        "Inputs that a layer is calibrated on: 'compressed', what the compressed layers before it"
            + " deliver, or 'dense', those of the original model. Default: compressed; dense"
            + " with --statistics."
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
      names = "--target-share",
      paramLabel = "X",
      converter = Ranges.ShareOrAll.class,
      description = {
        "Share of the windows that go through the original model too, to tell the errors that"
            + " '--target propagated' makes up for; less takes less time. Default: 1, "
            + CompressionOptions.LOW_TARGET_SHARE
            + " with --effort low."
      })
  private Double targetShare;

  @Option(
      names = "--ridge",
      paramLabel = "X",
      converter = Ranges.NotNegative.class,
      description = {
        "Added to the diagonal of each layer's second moment C, in units of its mean: keeps weights"
            + " near their originals in directions that the calibration text hardly shows, so that"
            + " other text loses less. 0: C as it is. Default: "
            + CompressionOptions.RIDGE
            + "."
      })
  private Double ridge;

  @Option(
      names = "--tune",
      paramLabel = "STEPS",
      converter = Ranges.CountOrNone.class,
      description = {
        "Gradient steps by which the solved layers of each block are tuned together, so that the"
            + " block's output is nearer to the original's; 0 for none. Default: 0, "
            + TuningOptions.STEPS
            + " with --effort max."
      })
  private Integer tuning;

  /** Sets what was asked for; misuse where options exclude each other. */
  public void applyTo(CompressionOptions.Builder options, SolverOptions solver, CommandSpec spec) {
    if (target == Target.PROPAGATED && propagation == Propagation.DENSE) {
      throw new ParameterException(
          spec.commandLine(),
          "--target propagated needs --propagate compressed: dense inputs have not drifted");
    }
    if (targetShare != null && (target == Target.DENSE || propagation == Propagation.DENSE)) {
      throw new ParameterException(
          spec.commandLine(),
          "--target-share needs --target propagated: else nothing is made up for");
    }
    if (targetShare != null && targetShare < 1 && tunes(solver)) {
      throw new ParameterException(
          spec.commandLine(),
          "--target-share %s with blocks that are tuned (--tune, --effort max): they are tuned by all windows of the original model"
              .formatted(targetShare));
    }
    Optional.ofNullable(propagation).ifPresent(options::propagation);
    Optional.ofNullable(target).ifPresent(options::target);
    Optional.ofNullable(targetShare).ifPresent(options::targetShare);
    Optional.ofNullable(ridge).ifPresent(options::ridge);
    Optional.ofNullable(tuning).ifPresent(options::tuning);
  }

  /** Whether blocks are tuned. */
  boolean tunes(SolverOptions solver) {
    return tuning == null ? solver.effort() == Effort.MAX : tuning > 0;
  }

  /** Whether nothing says that layers see other inputs than those of the original model. */
  boolean admitsDense() {
    return propagation != Propagation.COMPRESSED
        && target != Target.PROPAGATED
        && targetShare == null;
  }
}
