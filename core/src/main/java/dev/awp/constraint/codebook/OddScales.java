// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.codebook;

import dev.awp.constraint.affine.SharedScales;

/**
 * Scales that are odd multiples of a super-scale: chosen so that the largest scale gets the largest
 * multiple, and refined once by least squares. Where all scales are too small for any, the
 * super-scale is 0. There are no minimums.
 */
final class OddScales extends SharedScales {
  private final CodebookGrid grid;

  OddScales(CodebookGrid grid) {
    super(CodebookGrid.BLOCK / grid.groupColumns());
    this.grid = grid;
  }

  @Override
  protected float superScale(int groups) {
    float most = 0;
    for (int g = 0; g < groups; g++) {
      most = Math.max(most, scales()[g]);
    }
    float first = grid.storableSuperScale((double) most / grid.mostFactor());
    // The smallest super-scale is the smallest scale, too: below half of it zero is nearer.
    return most < first / 2 ? 0 : grid.storableSuperScale(refinedScale(first, groups));
  }

  @Override
  protected float superMinimum(int groups) {
    return 0;
  }

  @Override
  protected float storableScale(float ideal, float superScale) {
    return grid.storableScale(ideal, superScale);
  }

  @Override
  protected float storableMinimum(float ideal, float superMinimum) {
    return 0;
  }

  @Override
  public float storableSuperScale(double value) {
    return grid.storableSuperScale(value);
  }

  @Override
  public float storableSuperMinimum(double value) {
    return 0;
  }
}
