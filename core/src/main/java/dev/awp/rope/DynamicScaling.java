// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.rope;

/**
 * A base that grows with sequences longer than the context ("rope_type": "dynamic"); shorter ones
 * are rotated as if there were no scaling.
 *
 * @param context tokens up to which nothing changes
 */
public record DynamicScaling(double factor, int context) implements RopeScaling {
  /** The base for sequences of that many tokens. */
  public double theta(double theta, int dimension, int length) {
    double stretch = factor * Math.max(length, context) / context - (factor - 1);
    return theta * Math.pow(stretch, dimension / (dimension - 2.0));
  }
}
