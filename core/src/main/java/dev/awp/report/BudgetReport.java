// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What other budgets would have cost, as a run saw it when it shared its own among layers.
 *
 * @param unit what costs are counted in: "bytes" of the written model, or "weights" that stay
 * @param chosen what the run took
 * @param points the best choices, cheapest first; some of them where there are many
 */
public record BudgetReport(String unit, Point chosen, List<Point> points) {
  public BudgetReport {
    requireNonNull(unit, "unit");
    requireNonNull(chosen, "chosen");
    points = List.copyOf(points);
  }

  /**
   * One choice for all layers.
   *
   * @param divergence in nats a token, estimated: the sum of what was measured of each layer by
   *     itself
   */
  public record Point(long cost, double divergence) {}
}
