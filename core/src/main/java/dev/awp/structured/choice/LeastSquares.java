// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.structured.choice;

import dev.awp.compute.Compute;
import dev.awp.structured.ColumnTableau;
import dev.awp.structured.KeptUnits;
import dev.awp.structured.RemovalProblem;
import dev.awp.structured.UnitChoice;
import java.lang.foreign.SegmentAllocator;
import java.util.Arrays;
import java.util.List;

/**
 * The units whose removal costs least once all other weights are solved for anew: first one by one,
 * the cheapest each time (the optimal brain surgeon for columns that all rows share), then
 * exchanges in and out of the set while the objective falls.
 */
final class LeastSquares implements UnitChoice {
  @Override
  public String name() {
    return "least-squares";
  }

  @Override
  public boolean compensates() {
    return true;
  }

  @Override
  public KeptUnits choose(RemovalProblem problem, Compute compute, SegmentAllocator allocator) {
    if (problem.removed() == 0) {
      return KeptUnits.plain(problem, problem.units().others(), allocator);
    }
    ColumnTableau tableau = new ColumnTableau(problem, compute);
    UnitSearch search = new UnitSearch(problem, tableau);
    search.remove();
    search.exchange();
    List<Integer> kept = Arrays.stream(search.kept()).boxed().toList();
    return new KeptUnits(kept, tableau.weights(allocator));
  }
}
