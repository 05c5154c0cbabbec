// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import dev.awp.solver.baseline.Alps;
import dev.awp.solver.baseline.Magnitude;
import dev.awp.solver.baseline.RoundToNearest;
import dev.awp.solver.baseline.SparseGpt;
import dev.awp.solver.baseline.Wanda;
import java.util.List;
import java.util.Optional;

/** All methods with their default settings, by name. */
public final class Solvers {
  private Solvers() {}

  public static List<Solver> all() {
    return List.of(
        new ProjectedGradient(),
        new Alps(),
        new SparseGpt(),
        new Wanda(),
        new Magnitude(),
        new RoundToNearest());
  }

  /** The method of that name. */
  public static Optional<Solver> byName(String name) {
    return all().stream().filter(solver -> solver.name().equals(name)).findFirst();
  }
}
