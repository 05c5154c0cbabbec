// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.registry;

import dev.awp.constraint.Constraint;
import dev.awp.solver.Effort;
import dev.awp.solver.Solver;
import dev.awp.solver.baseline.Alps;
import dev.awp.solver.baseline.Awq;
import dev.awp.solver.baseline.Gptq;
import dev.awp.solver.baseline.Magnitude;
import dev.awp.solver.baseline.RoundToNearest;
import dev.awp.solver.baseline.Sequence;
import dev.awp.solver.baseline.SparseGpt;
import dev.awp.solver.baseline.Wanda;
import dev.awp.solver.pgd.ProjectedGradient;
import dev.awp.solver.rounding.DescentOptions;
import dev.awp.solver.rounding.GridDescent;
import dev.awp.solver.splitting.OperatorSplitting;
import dev.awp.solver.splitting.SplittingOptions;
import java.util.List;
import java.util.Optional;

/** All methods with their default settings, by name. */
public final class Solvers {
  private Solvers() {}

  /** The methods, the project's own first. */
  public static List<Solver> all(Effort effort) {
    return List.of(
        pruning(effort),
        quantization(effort),
        new ProjectedGradient(),
        new Wanda(),
        new Magnitude(),
        new RoundToNearest(),
        new SparseGpt(),
        new Alps(),
        new Gptq(false),
        new Gptq(true),
        new Awq(),
        Sequence.wandaAwq(),
        Sequence.awqWanda(),
        Sequence.alpsGptq());
  }

  /** The method of that name. */
  public static Optional<Solver> byName(String name, Effort effort) {
    return all(effort).stream().filter(solver -> solver.name().equals(name)).findFirst();
  }

  /** The method with the lowest error for a constraint: {@code --solver auto}. */
  public static Solver best(Constraint constraint, Effort effort) {
    return constraint.grid().isPresent() ? quantization(effort) : pruning(effort);
  }

  private static OperatorSplitting pruning(Effort effort) {
    return switch (effort) {
      case NORMAL -> new OperatorSplitting();
      case HIGH -> new OperatorSplitting((columns, _) -> SplittingOptions.high(columns));
    };
  }

  private static GridDescent quantization(Effort effort) {
    return switch (effort) {
      case NORMAL -> new GridDescent();
      case HIGH -> new GridDescent(pruning(effort), DescentOptions.high());
    };
  }
}
