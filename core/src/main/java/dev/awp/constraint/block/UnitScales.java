// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.block;

import dev.awp.constraint.affine.SharedScales;

/**
 * The scales and minimums of a block's groups while they are rounded, together, to what the block
 * can store. Where there is a super-scale it is chosen so that the largest scale gets the largest
 * integer, and refined once by least squares. Scratch for one thread; arrays of {@link
 * BlockGrid#unitGroups()} entries.
 */
final class UnitScales implements SharedScales {
  private final BlockGrid grid;
  private final float[] scales;
  private final float[] minimums;
  private float superScale;
  private float superMinimum;

  UnitScales(BlockGrid grid) {
    this.grid = grid;
    this.scales = new float[grid.unitGroups()];
    this.minimums = new float[grid.unitGroups()];
  }

  @Override
  public float[] scales() {
    return scales;
  }

  @Override
  public float[] minimums() {
    return minimums;
  }

  /** 0 where the grid has no such number. */
  @Override
  public float superScale() {
    return superScale;
  }

  @Override
  public float superMinimum() {
    return superMinimum;
  }

  @Override
  public void round(int groups) {
    if (grid.hasSuperScales()) {
      superScale = superScale(groups);
      superMinimum = grid.hasMinimums() ? superMinimum(groups) : 0;
    }
    for (int g = 0; g < groups; g++) {
      scales[g] = grid.storableScale(scales[g], superScale);
      minimums[g] = grid.hasMinimums() ? grid.storableMinimum(minimums[g], superMinimum) : 0;
    }
  }

  @Override
  public float storableSuperScale(double value) {
    return grid.storableSuperScale(value);
  }

  @Override
  public float storableSuperMinimum(double value) {
    return grid.storableSuperMinimum(value);
  }

  private float superScale(int groups) {
    float extreme = 0;
    for (int g = 0; g < groups; g++) {
      extreme = Math.abs(scales[g]) > Math.abs(extreme) ? scales[g] : extreme;
    }
    // The signed integers reach one further below zero.
    int reach = grid.leastFactor() < 0 ? grid.leastFactor() : grid.mostFactor();
    float first = grid.storableSuperScale((double) extreme / reach);
    double product = 0;
    double square = 0;
    for (int g = 0; g < groups; g++) {
      double factor = grid.storableScale(scales[g], first) / first;
      product += factor * scales[g];
      square += factor * factor;
    }
    return grid.storableSuperScale(product / square);
  }

  private float superMinimum(int groups) {
    float least = 0;
    for (int g = 0; g < groups; g++) {
      least = Math.min(least, minimums[g]);
    }
    float first = grid.storableSuperMinimum(-(double) least / grid.mostFactor());
    if (first == 0) {
      return 0;
    }
    double product = 0;
    double square = 0;
    for (int g = 0; g < groups; g++) {
      double factor = -grid.storableMinimum(minimums[g], first) / first;
      product -= factor * minimums[g];
      square += factor * factor;
    }
    return square > 0 ? grid.storableSuperMinimum(product / square) : first;
  }
}
