// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.registry;

import dev.awp.AwpException;
import dev.awp.constraint.Constraint;
import dev.awp.solver.Effort;
import dev.awp.solver.Solver;
import dev.awp.solver.pgd.PgdChanges;
import dev.awp.solver.pgd.ProjectedGradient;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which solver, and what is changed of its settings.
 *
 * @param name the solver's name, or {@value #AUTO}
 * @param effort of the solvers that can trade time for error
 * @param pgd changes of the settings of the solver pgd
 */
public record SolverOptions(String name, Effort effort, PgdChanges pgd) {
  /** The name for the best solver of the constraint. */
  public static final String AUTO = "auto";

  /** The effort where nothing is said. */
  public static final Effort EFFORT = Effort.NORMAL;

  /** A solver with its own settings. */
  public static SolverOptions of(String name) {
    return new SolverOptions(name, EFFORT, PgdChanges.NONE);
  }

  /**
   * These with another solver or effort; settings of the solver pgd stay with it only.
   *
   * @param other a solver's name, where it is another
   * @param otherEffort where it is another
   */
  public SolverOptions with(Optional<String> other, Optional<Effort> otherEffort) {
    boolean same = other.isEmpty() || other.get().equals(name);
    return new SolverOptions(
        other.orElse(name), otherEffort.orElse(effort), same ? pgd : PgdChanges.NONE);
  }

  /** As report.json tells them: those that are given, by the names of their options. */
  public Map<String, Object> describe() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("solver", name);
    all.put("effort", effort.name());
    all.putAll(pgd.describe());
    return all;
  }

  /** Makes the solver and checks that it can serve such a constraint. */
  public Solver create(Constraint constraint) {
    Solver named = named(constraint);
    if (!named.supports(constraint)) {
      throw new AwpException(
          "the solver %s cannot serve the constraint '%s'".formatted(name, constraint.describe()));
    }
    if (effort != EFFORT && !Solvers.takeEffort().contains(named.name())) {
      throw new AwpException(
          "--effort %s is for the solvers %s, not for %s"
              .formatted(effort.word(), String.join(" and ", Solvers.takeEffort()), name));
    }
    if (named instanceof ProjectedGradient) {
      return changed(constraint);
    }
    if (!pgd.equals(PgdChanges.NONE)) {
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
                        .formatted(name, AUTO, String.join(", ", Solvers.names()))));
  }

  private Solver changed(Constraint constraint) {
    try {
      var _ = pgd.settings(constraint);
    } catch (IllegalArgumentException e) {
      throw new AwpException("solver pgd: " + e.getMessage(), e);
    }
    return new ProjectedGradient(pgd::settings);
  }
}
