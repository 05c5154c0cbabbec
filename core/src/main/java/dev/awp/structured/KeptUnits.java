// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.structured;

import dev.awp.tensor.Matrix;
import java.lang.foreign.SegmentAllocator;
import java.util.Arrays;
import java.util.List;

/**
 * The units that stay of a layer, and their weights.
 *
 * @param units ascending
 * @param weights the columns of these units alone, [dOut, columns that stay]
 */
public record KeptUnits(List<Integer> units, Matrix weights) {
  public KeptUnits {
    units = List.copyOf(units);
  }

  /** Units with the weights that they have. */
  public static KeptUnits plain(RemovalProblem problem, int[] units, SegmentAllocator allocator) {
    int[] columns = problem.units().columns(units);
    Matrix weights = Matrix.allocate(allocator, problem.w().rows(), columns.length);
    for (int row = 0; row < weights.rows(); row++) {
      for (int j = 0; j < columns.length; j++) {
        weights.set(row, j, problem.w().get(row, columns[j]));
      }
    }
    return new KeptUnits(Arrays.stream(units).boxed().toList(), weights);
  }

  /** The weights with zeros where columns were removed, [dOut, dIn]. */
  public Matrix spread(Units all, SegmentAllocator allocator) {
    int[] columns = all.columns(units.stream().mapToInt(unit -> unit).toArray());
    Matrix spread = Matrix.allocate(allocator, weights.rows(), all.columns());
    for (int row = 0; row < weights.rows(); row++) {
      for (int j = 0; j < columns.length; j++) {
        spread.set(row, columns[j], weights.get(row, j));
      }
    }
    return spread;
  }
}
