// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format;

import dev.awp.constraint.Constraint;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.model.LinearLayer;
import dev.awp.tensor.DType;
import java.util.Optional;

/**
 * What is known of a layer before it is solved.
 *
 * @param dtype the element type in which its numbers are written one by one: that of the original
 *     checkpoint, where it has one
 * @param constraint what its solution will satisfy
 * @param channelScales whether its solution will have channel scales
 */
public record LayerPlan(
    LinearLayer layer, DType dtype, Constraint constraint, boolean channelScales) {
  /** The integer grid that its solution will lie on, where there is one. */
  public Optional<IntegerGrid> grid() {
    return IntegerGrid.of(constraint);
  }
}
