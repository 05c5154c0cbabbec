// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.registry;

import dev.awp.AwpException;
import dev.awp.constraint.Constraint;
import dev.awp.solver.Effort;
import dev.awp.solver.Solver;
import dev.awp.solver.pgd.PgdOptions;
import dev.awp.solver.pgd.ProjectedGradient;
import dev.awp.solver.rounding.GridDescent;
import dev.awp.solver.splitting.OperatorSplitting;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * Which solver, and what is changed of its settings; empty values keep the solver's own.
 *
 * @param name the solver's name, or {@value #AUTO}
 * @param effort of the solvers that can trade time for error
 * @param step eta * norm(C)_F
 */
public record SolverOptions(
    String name,
    OptionalInt iterations,
    OptionalDouble step,
    OptionalDouble tolerance,
    OptionalInt ramp,
    Optional<PgdOptions.Start> start,
    Effort effort) {
  /** The name for the best solver of the constraint. */
  public static final String AUTO = "auto";

  /** A solver with its own settings. */
  public static SolverOptions of(String name) {
    return new SolverOptions(
        name,
        OptionalInt.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalInt.empty(),
        Optional.empty(),
        Effort.NORMAL);
  }

  /**
   * These with another solver or effort; settings of the solver pgd stay with it only.
   *
   * @param other a solver's name, where it is another
   * @param otherEffort where it is another
   */
  public SolverOptions with(Optional<String> other, Optional<Effort> otherEffort) {
    boolean same = other.isEmpty() || other.get().equals(name);
    SolverOptions base = same ? this : of(other.get());
    return new SolverOptions(
        base.name,
        base.iterations,
        base.step,
        base.tolerance,
        base.ramp,
        base.start,
        otherEffort.orElse(effort));
  }

  /** Makes the solver and checks that it can serve such a constraint. */
  public Solver create(Constraint constraint) {
    Solver named = named(constraint);
    if (!named.supports(constraint)) {
      throw new AwpException(
          "the solver %s cannot serve the constraint '%s'".formatted(name, constraint.describe()));
    }
    if (effort == Effort.HIGH && !canTakeEffort(named)) {
      throw new AwpException("--effort high is for the solvers admm and cd, not for " + name);
    }
    if (named instanceof ProjectedGradient) {
      checkSettings(constraint);
      return new ProjectedGradient(this::settings);
    }
    if (!new SolverOptions(name, iterations, step, tolerance, ramp, start, Effort.NORMAL)
        .equals(of(name))) {
      throw new AwpException(
          "--iterations, --step, --tolerance, --ramp and --start are settings of the solver pgd,"
              + " not of "
              + name);
    }
    return named;
  }

  private Solver named(Constraint constraint) {
    if (name.equals(AUTO)) {
      return Solvers.best(constraint, effort);
    }
    return Solvers.byName(name, effort)
        .orElseThrow(
            () ->
                new AwpException(
                    "there is no solver %s; these are: %s, %s"
                        .formatted(name, AUTO, solverNames())));
  }

  private static boolean canTakeEffort(Solver solver) {
    return solver instanceof OperatorSplitting || solver instanceof GridDescent;
  }

  private static String solverNames() {
    return Solvers.all(Effort.NORMAL).stream().map(Solver::name).collect(Collectors.joining(", "));
  }

  private void checkSettings(Constraint constraint) {
    PgdOptions settings;
    try {
      settings = settings(constraint);
    } catch (IllegalArgumentException e) {
      throw new AwpException("solver pgd: " + e.getMessage(), e);
    }
    boolean grid = constraint.grid().isPresent();
    boolean fits =
        switch (settings.start()) {
          case DENSE -> true;
          case WANDA -> !grid;
          case NEAREST -> grid;
        };
    boolean leaves =
        settings.start() != PgdOptions.Start.DENSE
            || settings.iterations() > Math.max(settings.pruneOnly(), settings.ramp());
    if (!fits || !leaves) {
      throw new AwpException(
          "solver pgd: --start %s does not fit the constraint '%s'"
              .formatted(settings.start(), constraint.describe()));
    }
  }

  /** The paper's settings with the changes; in joint mode half of the iterations only prune. */
  private PgdOptions settings(Constraint constraint) {
    PgdOptions paper = PgdOptions.forConstraint(constraint);
    int total = iterations.orElse(paper.iterations());
    int pruneOnly = paper.pruneOnly() == 0 ? 0 : total / 2;
    return new PgdOptions(
        start.orElse(paper.start()),
        step.orElse(paper.step()),
        total,
        tolerance.orElse(paper.tolerance()),
        pruneOnly,
        ramp.orElse(paper.ramp() == 0 ? 0 : pruneOnly / 2));
  }
}
