// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.rope;

import java.util.Optional;

/**
 * How queries and keys are rotated by their positions.
 *
 * @param theta base of the rotary embedding
 * @param dimension columns of a head that are rotated, its first ones; even
 * @param pairs which columns are rotated together
 * @param scaling how its frequencies differ from theta^(-2i/dimension)
 */
public record Rotation(
    double theta, int dimension, RotatedPairs pairs, Optional<RopeScaling> scaling) {
  /** The same of so many columns, without scaling, by another base. */
  public Rotation unscaled(double base, int columns) {
    return new Rotation(base, columns, pairs, Optional.empty());
  }
}
