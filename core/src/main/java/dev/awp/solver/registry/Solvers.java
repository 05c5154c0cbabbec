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
import java.util.Map;
import java.util.Optional;

/** All methods with their default settings, by name. */
public final class Solvers {
  private Solvers() {}

  /**
   * A line of the list.
   *
   * @param other the same method at another cost, where it can trade time for error
   */
  private record Method(Solver normal, Map<Effort, Solver> other) {
    private static Method of(Solver solver) {
      return new Method(solver, Map.of());
    }

    private Solver at(Effort effort) {
      return other.getOrDefault(effort, normal);
    }
  }

  /** The methods, the project's own first: the list to add one to. */
  private static List<Method> methods() {
    return List.of(
        pruning(),
        quantization(),
        Method.of(new ProjectedGradient()),
        Method.of(new Wanda()),
        Method.of(new Magnitude()),
        Method.of(new RoundToNearest()),
        Method.of(new SparseGpt()),
        Method.of(new Alps()),
        Method.of(new Gptq(false)),
        Method.of(new Gptq(true)),
        Method.of(new Awq()),
        Method.of(Sequence.wandaAwq()),
        Method.of(Sequence.awqWanda()),
        Method.of(Sequence.alpsGptq()));
  }

  private static Method pruning() {
    return new Method(
        new OperatorSplitting(),
        Map.of(
            Effort.LOW,
            new OperatorSplitting((_, density) -> SplittingOptions.low(density)),
            Effort.HIGH,
            new OperatorSplitting((columns, _) -> SplittingOptions.high(columns))));
  }

  private static Method quantization() {
    return new Method(
        new GridDescent(),
        Map.of(
            Effort.LOW,
            new GridDescent(pruning().at(Effort.LOW), DescentOptions.low()),
            Effort.HIGH,
            new GridDescent(pruning().at(Effort.HIGH), DescentOptions.high())));
  }

  /** All methods. */
  public static List<Solver> all(Effort effort) {
    return methods().stream().map(method -> method.at(effort)).toList();
  }

  /** Their names, which are words for {@code --solver}. */
  public static List<String> names() {
    return all(Effort.NORMAL).stream().map(Solver::name).toList();
  }

  /** Names of those that can trade time for error. */
  static List<String> takeEffort() {
    return methods().stream()
        .filter(method -> !method.other().isEmpty())
        .map(method -> method.normal().name())
        .toList();
  }

  /** The method of that name. */
  public static Optional<Solver> byName(String name, Effort effort) {
    return all(effort).stream().filter(solver -> solver.name().equals(name)).findFirst();
  }

  /** The method with the lowest error for a constraint: {@code --solver auto}. */
  public static Solver best(Constraint constraint, Effort effort) {
    return (constraint.grid().isPresent() ? quantization() : pruning()).at(effort);
  }
}
