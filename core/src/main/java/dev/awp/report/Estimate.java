// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report;

/**
 * A figure that is estimated from a sample.
 *
 * @param value the figure
 * @param standardError of the figure, as if all of the sample were drawn independently; NaN where
 *     the sample is one
 */
public record Estimate(double value, double standardError) {
  /** The same in other units. */
  public Estimate times(double factor) {
    return new Estimate(value * factor, standardError * Math.abs(factor));
  }

  /** exp of the figure; the standard error to first order. */
  public Estimate exp() {
    double exp = Math.exp(value);
    return new Estimate(exp, exp * standardError);
  }

  /** The square root of a figure that is not negative; the standard error to first order. */
  public Estimate squareRoot() {
    double root = Math.sqrt(value);
    return new Estimate(root, root == 0 ? standardError : standardError / (2 * root));
  }
}
