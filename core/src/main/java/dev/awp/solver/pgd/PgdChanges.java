// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.pgd;

import dev.awp.constraint.Constraint;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * What is changed of the paper's settings ({@link PgdOptions}), each of which depends on the
 * constraint; empty values keep them.
 *
 * @param step eta * norm(C)_F
 */
public record PgdChanges(
    OptionalInt iterations,
    OptionalDouble step,
    OptionalDouble tolerance,
    OptionalInt ramp,
    Optional<PgdOptions.Start> start) {
  /** The paper's settings as they are. */
  public static final PgdChanges NONE =
      new PgdChanges(
          OptionalInt.empty(),
          OptionalDouble.empty(),
          OptionalDouble.empty(),
          OptionalInt.empty(),
          Optional.empty());

  /** Those that are changed, in their order, by the names of their options. */
  public Map<String, Object> describe() {
    Map<String, Object> all = new LinkedHashMap<>();
    iterations.ifPresent(v -> all.put("iterations", v));
    step.ifPresent(v -> all.put("step", v));
    tolerance.ifPresent(v -> all.put("tolerance", v));
    ramp.ifPresent(v -> all.put("ramp", v));
    start.ifPresent(v -> all.put("start", v.name()));
    return all;
  }

  /**
   * The paper's settings with the changes; in joint mode half of the iterations only prune.
   *
   * @throws IllegalArgumentException for values out of range, and for a start that does not fit the
   *     constraint
   */
  public PgdOptions settings(Constraint constraint) {
    PgdOptions paper = PgdOptions.forConstraint(constraint);
    int total = iterations.orElse(paper.iterations());
    int pruneOnly = paper.pruneOnly() == 0 ? 0 : total / 2;
    PgdOptions changed =
        new PgdOptions(
            start.orElse(paper.start()),
            step.orElse(paper.step()),
            total,
            tolerance.orElse(paper.tolerance()),
            pruneOnly,
            ramp.orElse(paper.ramp() == 0 ? 0 : pruneOnly / 2));
    checkStart(changed, constraint);
    return changed;
  }

  private static void checkStart(PgdOptions settings, Constraint constraint) {
    boolean grid = constraint.grid().isPresent();
    boolean fits =
        switch (settings.start()) {
          case DENSE -> settings.iterations() > Math.max(settings.pruneOnly(), settings.ramp());
          case WANDA -> !grid;
          case NEAREST -> grid;
        };
    if (!fits) {
      throw new IllegalArgumentException(
          "--start %s does not fit the constraint '%s'"
              .formatted(settings.start(), constraint.describe()));
    }
  }
}
