// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.affine;

import dev.awp.constraint.GridPoints;
import dev.awp.constraint.Storage;
import dev.awp.tensor.DType;

/**
 * Points of equal steps: in place j at codes * scales[j] + minimums[j] for the whole numbers from
 * least[j] to most[j], rounded to the stored type.
 */
final class AffinePoints implements GridPoints {
  private final AffineLanes fits;
  private final DType values;
  private final float[] scales;
  private final float[] minimums;
  private final float[] least;
  private final float[] most;

  AffinePoints(AffineLanes fits, int count) {
    this.fits = fits;
    this.values = fits.grid().valueType();
    this.scales = new float[count];
    this.minimums = new float[count];
    this.least = new float[count];
    this.most = new float[count];
  }

  @Override
  public void take(int lane, int[] columns, int n, boolean[] held) {
    for (int j = 0; j < n; j++) {
      int group = fits.group(columns[j]);
      float zeroPoint = fits.zeroPoints().get(group, lane);
      scales[j] = fits.scales().get(group, lane);
      minimums[j] = fits.grid().hasMinimums() ? fits.minimums().get(group, lane) : 0;
      least[j] = held[j] ? 0 : -zeroPoint;
      most[j] = held[j] ? 0 : fits.grid().maxCode() - zeroPoint;
    }
  }

  @Override
  public void around(int place, float[] x, int n, Neighbourhood found) {
    float scale = scales[place];
    float minimum = minimums[place];
    float first = least[place];
    float last = most[place];
    for (int i = 0; i < n; i++) {
      float exact = (x[i] - minimum) / scale;
      // Adding zero turns -0 into +0.
      float nearest = Math.max(first, Math.min(last, (float) Math.rint(exact))) + 0f;
      float other = (exact > nearest ? nearest + 1 : nearest - 1) + 0f;
      found.codes()[i] = nearest;
      found.values()[i] = Storage.round(values, nearest * scale + minimum);
      boolean exists = other >= first && other <= last;
      found.otherCodes()[i] = exists ? other : Float.NaN;
      found.otherValues()[i] = exists ? Storage.round(values, other * scale + minimum) : Float.NaN;
    }
  }

  @Override
  public void values(float[] codes, int n, float[] out) {
    for (int j = 0; j < n; j++) {
      out[j] = Storage.round(values, codes[j] * scales[j] + minimums[j]);
    }
  }
}
