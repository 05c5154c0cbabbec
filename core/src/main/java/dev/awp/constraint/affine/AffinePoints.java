// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.affine;

import dev.awp.constraint.GridPoints;
import dev.awp.constraint.Storage;
import dev.awp.tensor.DType;
import java.util.Optional;

/**
 * Points of a row: in place j at codes * scales[j] + minimums[j], rounded to the stored type. Codes
 * are the whole numbers from least[j] to most[j], or the levels of these places.
 */
final class AffinePoints implements GridPoints {
  private final AffineLanes fits;
  private final DType values;
  private final Optional<Levels> levels;
  private final float[] scales;
  private final float[] minimums;
  private final float[] least;
  private final float[] most;

  AffinePoints(AffineLanes fits, int count) {
    this.fits = fits;
    this.values = fits.grid().valueType();
    this.levels = fits.grid().levels();
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
      float first = levels.isPresent() ? 0 : -zeroPoint;
      float zero = levels.isPresent() ? zeroPoint : 0;
      least[j] = held[j] ? zero : first;
      most[j] = held[j] ? zero : first + fits.grid().maxCode();
    }
  }

  @Override
  public void around(int place, float[] x, int n, Neighbourhood found) {
    if (levels.isPresent()) {
      around(levels.get(), place, x, n, found);
      return;
    }
    float scale = scales[place];
    float minimum = minimums[place];
    float first = least[place];
    float last = most[place];
    float[] codes = found.codes();
    float[] near = found.values();
    float[] otherCodes = found.otherCodes();
    float[] otherValues = found.otherValues();
    for (int i = 0; i < n; i++) {
      float exact = (x[i] - minimum) / scale;
      // Adding zero turns -0 into +0.
      float nearest = Math.max(first, Math.min(last, (float) Math.rint(exact))) + 0f;
      float other = (exact > nearest ? nearest + 1 : nearest - 1) + 0f;
      codes[i] = nearest;
      near[i] = nearest * scale + minimum;
      boolean exists = other >= first && other <= last;
      otherCodes[i] = exists ? other : Float.NaN;
      otherValues[i] = exists ? other * scale + minimum : Float.NaN;
    }
    for (int i = 0; i < n; i++) {
      near[i] = Storage.round(values, near[i]);
      otherValues[i] = Storage.round(values, otherValues[i]);
    }
  }

  private void around(Levels of, int place, float[] x, int n, Neighbourhood found) {
    float scale = scales[place];
    float minimum = minimums[place];
    int first = (int) least[place];
    int last = (int) most[place];
    for (int i = 0; i < n; i++) {
      float exact = (x[i] - minimum) / scale;
      int nearest = Math.clamp(of.place(exact), first, last);
      int other = exact > of.level(nearest) ? nearest + 1 : nearest - 1;
      boolean exists = other >= first && other <= last;
      found.codes()[i] = of.level(nearest);
      found.otherCodes()[i] = exists ? of.level(other) : Float.NaN;
      found.values()[i] = value(found.codes()[i], scale, minimum);
      found.otherValues()[i] = value(found.otherCodes()[i], scale, minimum);
    }
  }

  private float value(float code, float scale, float minimum) {
    return Storage.round(values, code * scale + minimum);
  }

  @Override
  public void values(float[] codes, int n, float[] out) {
    for (int j = 0; j < n; j++) {
      out[j] = value(codes[j], scales[j], minimums[j]);
    }
  }
}
