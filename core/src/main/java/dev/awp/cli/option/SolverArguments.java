// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

import dev.awp.AwpException;
import dev.awp.cli.value.Ranges;
import dev.awp.compress.ConstraintOptions;
import dev.awp.recipe.BlockChoice;
import dev.awp.recipe.LayerSettings;
import dev.awp.recipe.Recipe;
import dev.awp.solver.Effort;
import dev.awp.solver.pgd.PgdChanges;
import dev.awp.solver.pgd.PgdOptions;
import dev.awp.solver.registry.SolverOptions;
import dev.awp.tensor.DType;
import dev.awp.tuning.TuningOptions;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of compress that choose and tune the solver. */
public final class SolverArguments {
  @Option(
      names = "--solver",
      paramLabel = "NAME",
      converter = Ranges.SolverName.class,
      defaultValue = SolverOptions.AUTO,
      description = {
        "auto: the lowest error; admm: operator splitting (pruning); cd: rounding sweeps and"
            + " coordinate descent on the grid (bits, with or without pruning); pgd: projected"
            + " gradient descent, the paper's method. The baselines: magnitude, wanda, sparsegpt"
            + " and alps (pruning), rtn (round to nearest), awq, gptq and gptq-act-order (bits);"
            + " both at once: magnitude, wanda and sparsegpt, and in sequence wanda-awq, awq-wanda"
            + " and alps-gptq. Default: ${DEFAULT-VALUE}."
      })
  private String name;

  @Option(
      names = "--effort",
      paramLabel = "E",
      description = {
        "auto, admm, cd: normal; low for a fraction of the solver's time at a higher error; high"
            + " for a lower error at several times the cost; max for normal, and blocks that are"
            + " tuned together (--tune "
            + TuningOptions.STEPS
            + "). Default: normal."
      })
  private Effort effort;

  @Option(
      names = "--iterations",
      paramLabel = "N",
      converter = Ranges.Count.class,
      description = "pgd: projections at most. Default: 200 pruning, 10 quantizing, 100 both.")
  private Integer iterations;

  @Option(
      names = "--step",
      paramLabel = "X",
      converter = Ranges.Positive.class,
      description = "pgd: eta = X / norm(C)_F. Default: 2 pruning, 1.5 otherwise.")
  private Double step;

  @Option(
      names = "--tolerance",
      paramLabel = "X",
      converter = Ranges.NotNegative.class,
      description = {
        "pgd: stop when norm((W-T)C)_F / norm(W)_F falls below. Default: 1e-4 pruning, else never."
      })
  private Double tolerance;

  @Option(
      names = "--ramp",
      paramLabel = "N",
      converter = Ranges.CountOrNone.class,
      description = {
        "pgd: iterations over which the sparsity rises from none. Default: 25 of the 50 pruning"
            + " iterations where bits are given too, else 0."
      })
  private Integer ramp;

  @Option(
      names = "--start",
      paramLabel = "WHERE",
      description = {
        "pgd: wanda, nearest or dense. Default: wanda pruning, nearest quantizing, dense both."
      })
  private PgdOptions.Start start;

  /**
   * What was asked for; misuse where a solver cannot serve what all layers get.
   *
   * @param recipe the solver is that of all layers where it has no rules
   */
  public SolverOptions toOptions(Recipe recipe, CommandSpec spec) {
    SolverOptions options =
        new SolverOptions(
            name,
            Optional.ofNullable(effort).orElse(SolverOptions.EFFORT),
            new PgdChanges(
                iterations == null ? OptionalInt.empty() : OptionalInt.of(iterations),
                step == null ? OptionalDouble.empty() : OptionalDouble.of(step),
                tolerance == null ? OptionalDouble.empty() : OptionalDouble.of(tolerance),
                ramp == null ? OptionalInt.empty() : OptionalInt.of(ramp),
                Optional.ofNullable(start)));
    LayerSettings all = recipe.defaults();
    boolean mixed = all.blocks().flatMap(BlockChoice::mixture).isPresent();
    if (!recipe.isNothing() && recipe.rules().isEmpty() && !all.isBudgeted() && !mixed) {
      try {
        var _ = options.create(ConstraintOptions.of(all).forStorage(DType.F32));
      } catch (AwpException e) {
        throw new ParameterException(spec.commandLine(), e.getMessage(), e);
      }
    }
    return options;
  }
}
