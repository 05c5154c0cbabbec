// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.block;

import dev.awp.constraint.affine.SharedScales;

/**
 * Scales and minimums as a block stores them. Where there is a super-scale it is chosen so that the
 * largest scale gets the largest integer, and refined once by least squares.
 */
final class UnitScales extends SharedScales {
  private final BlockGrid grid;

  UnitScales(BlockGrid grid) {
    super(grid.unitGroups());
    this.grid = grid;
  }

  @Override
  protected float superScale(int groups) {
    if (!grid.hasSuperScales()) {
      return 0;
    }
    float extreme = 0;
    for (int g = 0; g < groups; g++) {
      float scale = scales()[g];
      extreme = Math.abs(scale) > Math.abs(extreme) ? scale : extreme;
    }
    // The signed integers reach one further below zero.
    int reach = grid.leastFactor() < 0 ? grid.leastFactor() : grid.mostFactor();
    float first = grid.storableSuperScale((double) extreme / reach);
    return grid.storableSuperScale(refinedScale(first, groups));
  }

  @Override
  protected float superMinimum(int groups) {
    if (!grid.hasSuperScales() || !grid.hasMinimums()) {
      return 0;
    }
    float least = 0;
    for (int g = 0; g < groups; g++) {
      least = Math.min(least, minimums()[g]);
    }
    float first = grid.storableSuperMinimum(-(double) least / grid.mostFactor());
    double refined = first == 0 ? 0 : refinedMinimum(first, groups);
    return Double.isNaN(refined) ? first : grid.storableSuperMinimum(refined);
  }

  @Override
  protected float storableScale(float ideal, float superScale) {
    return grid.storableScale(ideal, superScale);
  }

  @Override
  protected float storableMinimum(float ideal, float superMinimum) {
    return grid.hasMinimums() ? grid.storableMinimum(ideal, superMinimum) : 0;
  }

  @Override
  public float storableSuperScale(double value) {
    return grid.storableSuperScale(value);
  }

  @Override
  public float storableSuperMinimum(double value) {
    return grid.storableSuperMinimum(value);
  }
}
