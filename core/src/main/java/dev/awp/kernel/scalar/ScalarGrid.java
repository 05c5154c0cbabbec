// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.scalar;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.Extents;
import dev.awp.kernel.GridKernels;
import java.lang.foreign.MemorySegment;

/** Grids, defined element by element. */
final class ScalarGrid implements GridKernels {
  @Override
  public void groupRange(MemorySegment x, int groupSize, MemorySegment low, MemorySegment high) {
    int n = Extents.floats(x);
    int groups = Extents.groups(n, groupSize);
    Extents.checkFloats("low", low, groups);
    Extents.checkFloats("high", high, groups);
    for (int g = 0; g < groups; g++) {
      int end = (int) Math.min(n, (g + 1L) * groupSize);
      float smallest = Float.POSITIVE_INFINITY;
      float largest = Float.NEGATIVE_INFINITY;
      for (int i = g * groupSize; i < end; i++) {
        float value = x.getAtIndex(JAVA_FLOAT, i);
        smallest = value < smallest ? value : smallest;
        largest = value > largest ? value : largest;
      }
      low.setAtIndex(JAVA_FLOAT, g, smallest + 0f);
      high.setAtIndex(JAVA_FLOAT, g, largest + 0f);
    }
  }

  @Override
  public void nearestSteps(
      MemorySegment x,
      MemorySegment scales,
      MemorySegment zeroPoints,
      int maxCode,
      MemorySegment out) {
    int n = Extents.steps(x, scales, zeroPoints, out);
    for (int i = 0; i < n; i++) {
      float zeroPoint = zeroPoints.getAtIndex(JAVA_FLOAT, i);
      float steps = x.getAtIndex(JAVA_FLOAT, i) / scales.getAtIndex(JAVA_FLOAT, i);
      out.setAtIndex(JAVA_FLOAT, i, nearest(steps, -zeroPoint, maxCode - zeroPoint));
    }
  }

  /**
   * Clamping before rounding is the same, since the bounds are integers, and keeps the rounding by
   * addition in range. A NaN passes both comparisons and stays a NaN.
   */
  private static float nearest(float steps, float least, float most) {
    float clamped = steps < least ? least : steps;
    clamped = clamped > most ? most : clamped;
    return (clamped + ScalarExp.ROUNDER) - ScalarExp.ROUNDER;
  }

  @Override
  public void nearestLevels(
      MemorySegment x,
      MemorySegment scales,
      float[] levels,
      float[] thresholds,
      MemorySegment out) {
    int n = Extents.levels(x, scales, levels, thresholds, out);
    for (int i = 0; i < n; i++) {
      float multiple = x.getAtIndex(JAVA_FLOAT, i) / scales.getAtIndex(JAVA_FLOAT, i);
      float level = levels[place(multiple, thresholds)];
      out.setAtIndex(JAVA_FLOAT, i, Float.isNaN(multiple) ? Float.NaN : level);
    }
  }

  @Override
  public void aroundSteps(
      MemorySegment x,
      MemorySegment scales,
      MemorySegment zeroPoints,
      int maxCode,
      MemorySegment codes,
      MemorySegment others) {
    int n = Extents.steps(x, scales, zeroPoints, codes);
    Extents.checkFloats("the other codes", others, n);
    for (int i = 0; i < n; i++) {
      float least = -zeroPoints.getAtIndex(JAVA_FLOAT, i);
      float most = least + maxCode;
      float steps = x.getAtIndex(JAVA_FLOAT, i) / scales.getAtIndex(JAVA_FLOAT, i);
      float code = nearest(steps, least, most);
      float other = steps > code ? code + 1 : code - 1;
      codes.setAtIndex(JAVA_FLOAT, i, code);
      others.setAtIndex(JAVA_FLOAT, i, other >= least && other <= most ? other : Float.NaN);
    }
  }

  @Override
  public void aroundLevels(
      MemorySegment x,
      MemorySegment scales,
      float[] levels,
      float[] thresholds,
      MemorySegment codes,
      MemorySegment others) {
    int n = Extents.levels(x, scales, levels, thresholds, codes);
    Extents.checkFloats("the other codes", others, n);
    for (int i = 0; i < n; i++) {
      float multiple = x.getAtIndex(JAVA_FLOAT, i) / scales.getAtIndex(JAVA_FLOAT, i);
      int place = place(multiple, thresholds);
      int other = multiple > levels[place] ? place + 1 : place - 1;
      boolean known = !Float.isNaN(multiple);
      boolean exists = known && other >= 0 && other < levels.length;
      codes.setAtIndex(JAVA_FLOAT, i, known ? levels[place] : Float.NaN);
      others.setAtIndex(JAVA_FLOAT, i, exists ? levels[other] : Float.NaN);
    }
  }

  /** How many thresholds lie below a number. */
  private static int place(float multiple, float[] thresholds) {
    int below = 0;
    for (float threshold : thresholds) {
      below += multiple > threshold ? 1 : 0;
    }
    return below;
  }

  @Override
  public void quantizeDequantize(
      MemorySegment x, float scale, float zeroPoint, int maxCode, MemorySegment out) {
    int n = Extents.floats(x);
    Extents.checkFloats("the output", out, n);
    float least = -zeroPoint;
    float most = maxCode - zeroPoint;
    for (int i = 0; i < n; i++) {
      float steps = x.getAtIndex(JAVA_FLOAT, i) / scale;
      out.setAtIndex(JAVA_FLOAT, i, nearest(steps, least, most) * scale);
    }
  }

  @Override
  public void leastSums(
      MemorySegment offsets,
      MemorySegment table,
      MemorySegment coefficients,
      MemorySegment least,
      MemorySegment entries) {
    int lanes = Extents.floats(least);
    int n = Extents.terms(offsets, table, coefficients, least, entries);
    for (int lane = 0; lane < lanes; lane++) {
      float best = Float.POSITIVE_INFINITY;
      int found = 0;
      for (int e = 0; e < Extents.floats(offsets); e++) {
        float sum = offsets.getAtIndex(JAVA_FLOAT, e);
        for (int k = 0; k < n; k++) {
          float factor = table.getAtIndex(JAVA_FLOAT, (long) e * n + k);
          sum = Math.fma(factor, coefficients.getAtIndex(JAVA_FLOAT, (long) k * lanes + lane), sum);
        }
        if (sum < best) {
          best = sum;
          found = e;
        }
      }
      least.setAtIndex(JAVA_FLOAT, lane, best);
      entries.setAtIndex(JAVA_FLOAT, lane, found);
    }
  }
}
