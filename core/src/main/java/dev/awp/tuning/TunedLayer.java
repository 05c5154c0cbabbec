// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tuning;

import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.model.LinearLayer;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.Optional;

/**
 * A solved layer that can be tuned.
 *
 * @param linear the layer
 * @param weights on their way
 */
public record TunedLayer(LinearLayer linear, TunedWeights weights) {
  /** Whether layers under a constraint can be tuned. */
  public static boolean isPossible(Constraint constraint) {
    return constraint.grid().isEmpty() || IntegerGrid.of(constraint).isPresent();
  }

  /**
   * Off-heap memory of a layer beside its solution, in bytes.
   *
   * @param rows dOut
   * @param columns dIn
   */
  public static long bytes(Constraint constraint, int rows, int columns) {
    return IntegerGrid.of(constraint)
        .map(grid -> GridWeights.bytes(rows, columns, grid.groups(columns)))
        .orElseGet(() -> isPossible(constraint) ? SparseWeights.bytes(rows, columns) : 0L);
  }

  /**
   * A layer; empty where its constraint is one that cannot be tuned.
   *
   * @param stored the type in which its numbers are written one by one
   * @param solved T, [dOut, dIn]; must live as long as what is returned, as all that follows
   * @param parameters of T
   * @param original the layer's own weights, [dOut, dIn]; needed during the call only
   * @param arena owns what tuning takes
   */
  public static Optional<TunedLayer> of(
      LinearLayer linear,
      Constraint constraint,
      DType stored,
      Matrix solved,
      GridParameters parameters,
      Matrix original,
      Compute compute,
      Arena arena) {
    if (!isPossible(constraint) || parameters.channelScales().isPresent()) {
      return Optional.empty();
    }
    TunedWeights weights =
        IntegerGrid.of(constraint)
            .<TunedWeights>map(
                grid ->
                    new GridWeights(
                        grid,
                        constraint.sparsity().isPresent(),
                        solved,
                        parameters,
                        original,
                        compute,
                        arena))
            .orElseGet(() -> new SparseWeights(stored, solved, parameters, compute, arena));
    return Optional.of(new TunedLayer(linear, weights));
  }
}
