// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

import dev.awp.solver.Effort;
import dev.awp.solver.pgd.PgdChanges;
import dev.awp.solver.pgd.PgdOptions;
import dev.awp.solver.registry.SolverOptions;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import picocli.CommandLine.Option;

/** The options of compress that choose and tune the solver. */
public final class SolverArguments {
  @Option(
      names = "--solver",
      paramLabel = "NAME",
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
        "auto, admm, cd: normal, or high for a lower error at several times the cost. Default:"
            + " normal."
      })
  private Effort effort;

  @Option(
      names = "--iterations",
      paramLabel = "N",
      description = "pgd: projections at most. Default: 200 pruning, 10 quantizing, 100 both.")
  private Integer iterations;

  @Option(
      names = "--step",
      paramLabel = "X",
      description = "pgd: eta = X / norm(C)_F. Default: 2 pruning, 1.5 otherwise.")
  private Double step;

  @Option(
      names = "--tolerance",
      paramLabel = "X",
      description = {
        "pgd: stop when norm((W-T)C)_F / norm(W)_F falls below. Default: 1e-4 pruning, else never."
      })
  private Double tolerance;

  @Option(
      names = "--ramp",
      paramLabel = "N",
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

  public SolverOptions toOptions() {
    return new SolverOptions(
        name,
        Optional.ofNullable(effort).orElse(SolverOptions.EFFORT),
        new PgdChanges(
            iterations == null ? OptionalInt.empty() : OptionalInt.of(iterations),
            step == null ? OptionalDouble.empty() : OptionalDouble.of(step),
            tolerance == null ? OptionalDouble.empty() : OptionalDouble.of(tolerance),
            ramp == null ? OptionalInt.empty() : OptionalInt.of(ramp),
            Optional.ofNullable(start)));
  }
}
