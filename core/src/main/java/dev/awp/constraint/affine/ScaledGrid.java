// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.affine;

import dev.awp.constraint.Grid;
import dev.awp.tensor.DType;
import java.util.Optional;

/**
 * A grid whose values go with a scale of their group: value = code * scale + minimum, the zero
 * point already taken off the code. Which codes there are is the matter of its kinds: all whole
 * numbers of a range ({@link AffineGrid}), or the levels of a codebook's vectors.
 */
public interface ScaledGrid extends Grid {
  /** Whether groups have a minimum; their zero point is 0 then. */
  boolean hasMinimums();

  /** Whether a scale may be negative. */
  boolean hasNegativeScales();

  /** The type to which values are rounded. */
  DType valueType();

  /**
   * Moves a group's numbers to a grid a little off, storable as it is: another scale, or another
   * zero point or minimum.
   *
   * @param index 0 .. neighbours() - 1
   * @param group its numbers, and its unit's
   */
  void neighbour(int index, GroupNumbers group);

  /**
   * The storable scale nearest to another.
   *
   * @param group its numbers, and its unit's; its scale is kept where there is no better
   * @param step by how much the other is larger
   */
  float movedScale(GroupNumbers group, double step);

  /** The same of the minimum, where there is one. */
  float movedMinimum(GroupNumbers group, double step);

  /** Scratch to round the numbers of a unit together; empty where each group's stand alone. */
  default Optional<SharedScales> sharedScales() {
    return Optional.empty();
  }

  @Override
  default int fittedNumbers() {
    return hasMinimums() ? 2 : 1;
  }
}
