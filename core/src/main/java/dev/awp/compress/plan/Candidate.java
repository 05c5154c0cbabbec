// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.plan;

/**
 * One way to compress a layer.
 *
 * @param cost what it takes of the budget, in its unit
 * @param error what it adds to the sum that is to be small
 */
public record Candidate(long cost, double error) {
  public Candidate {
    if (cost < 0 || !(error >= 0) || Double.isInfinite(error)) {
      throw new IllegalArgumentException("a cost of " + cost + ", an error of " + error);
    }
  }
}
