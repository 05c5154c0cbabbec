// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.structured.choice;

import dev.awp.compute.Compute;
import dev.awp.structured.KeptUnits;
import dev.awp.structured.RemovalProblem;
import dev.awp.structured.UnitChoice;
import java.lang.foreign.SegmentAllocator;
import java.util.Comparator;
import java.util.stream.IntStream;

/** The units of the highest scores, with the weights that they have. */
abstract class Scored implements UnitChoice {
  @Override
  public final boolean compensates() {
    return false;
  }

  /** What a column of W counts. */
  abstract double score(RemovalProblem problem, int column);

  @Override
  public final KeptUnits choose(
      RemovalProblem problem, Compute compute, SegmentAllocator allocator) {
    double[] scores =
        IntStream.range(0, problem.units().count())
            .mapToDouble(
                unit ->
                    IntStream.of(problem.units().ofUnit(unit))
                        .mapToDouble(column -> score(problem, column))
                        .sum())
            .toArray();
    int[] kept =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted(
                Comparator.<Integer>comparingDouble(unit -> -scores[unit])
                    .thenComparing(unit -> unit))
            .limit(problem.kept())
            .mapToInt(unit -> unit)
            .sorted()
            .toArray();
    return KeptUnits.plain(problem, kept, allocator);
  }
}
