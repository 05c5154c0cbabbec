// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.codebook;

import dev.awp.constraint.affine.SharedScales;

/**
 * The scales of a block's groups while they are rounded, together, to odd multiples of a
 * super-scale: chosen so that the largest scale gets the largest multiple, and refined once by
 * least squares. Where all scales are too small for any, the super-scale is 0. Scratch for one
 * thread.
 */
final class OddScales implements SharedScales {
  private final CodebookGrid grid;
  private final float[] scales;
  private final float[] minimums;
  private float superScale;

  OddScales(CodebookGrid grid) {
    this.grid = grid;
    this.scales = new float[CodebookGrid.BLOCK / grid.groupColumns()];
    this.minimums = new float[scales.length];
  }

  @Override
  public float[] scales() {
    return scales;
  }

  @Override
  public float[] minimums() {
    return minimums;
  }

  @Override
  public float superScale() {
    return superScale;
  }

  @Override
  public float superMinimum() {
    return 0;
  }

  @Override
  public void round(int groups) {
    float most = 0;
    for (int g = 0; g < groups; g++) {
      most = Math.max(most, scales[g]);
    }
    float first = grid.storableSuperScale((double) most / grid.mostFactor());
    // The smallest super-scale is the smallest scale, too: below half of it zero is nearer.
    superScale = most < first / 2 ? 0 : refined(first, groups);
    for (int g = 0; g < groups; g++) {
      scales[g] = grid.storableScale(scales[g], superScale);
    }
  }

  private float refined(float first, int groups) {
    double product = 0;
    double square = 0;
    for (int g = 0; g < groups; g++) {
      double factor = grid.storableScale(scales[g], first) / first;
      product += factor * scales[g];
      square += factor * factor;
    }
    return grid.storableSuperScale(product / square);
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
