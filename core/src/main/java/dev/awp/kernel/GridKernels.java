// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Group-wise grids: integer ones, value = (code - zeroPoint) * scale with code in 0 .. maxCode, and
 * those of some levels, value = level * scale; and the search of codebooks.
 */
public interface GridKernels {
  /**
   * Smallest and largest element of every group of {@code groupSize} consecutive entries; the last
   * group may be shorter. A NaN is skipped; a group of NaN alone gives +infinity, -infinity.
   *
   * @param low ceil(n / groupSize) floats
   * @param high ceil(n / groupSize) floats
   */
  void groupRange(MemorySegment x, int groupSize, MemorySegment low, MemorySegment high);

  /**
   * Codes less their zero points, every element on a grid of its own: out[i] = clamp(rint(x[i] /
   * scales[i]), -zeroPoints[i], maxCode - zeroPoints[i]), in float32 as {@link
   * #quantizeDequantize}.
   *
   * @param scales finite and not zero, of either sign
   * @param zeroPoints integers in 0 .. maxCode, as floats
   */
  void nearestSteps(
      MemorySegment x,
      MemorySegment scales,
      MemorySegment zeroPoints,
      int maxCode,
      MemorySegment out);

  /**
   * Levels, every element with a scale of its own: out[i] = levels[k], where k is how many
   * thresholds lie below x[i] / scales[i], the division in float32. A NaN stays one.
   *
   * @param scales finite and not zero, of either sign
   * @param levels ascending, at least one
   * @param thresholds between neighbouring levels, one fewer
   * @param out may be x itself
   */
  void nearestLevels(
      MemorySegment x, MemorySegment scales, float[] levels, float[] thresholds, MemorySegment out);

  /**
   * The codes of {@link #nearestSteps}, and those of the grid points on the other side of x: the
   * next larger code where x[i] / scales[i] is beyond the nearest, else the next smaller one; NaN
   * where the grid has no such code.
   *
   * @param codes may be x itself
   */
  void aroundSteps(
      MemorySegment x,
      MemorySegment scales,
      MemorySegment zeroPoints,
      int maxCode,
      MemorySegment codes,
      MemorySegment others);

  /**
   * The levels of {@link #nearestLevels}, and the next ones on the other side of x: NaN where there
   * is none.
   *
   * @param codes may be x itself
   */
  void aroundLevels(
      MemorySegment x,
      MemorySegment scales,
      float[] levels,
      float[] thresholds,
      MemorySegment codes,
      MemorySegment others);

  /**
   * out[i] = (q - zeroPoint) * scale with q = clamp(rint(x[i] / scale) + zeroPoint, 0, maxCode),
   * the division and the rounding (ties to even) in float32, for one group.
   *
   * @param scale positive and finite
   * @param zeroPoint an integer in 0 .. maxCode, as a float
   * @param maxCode 2^bits - 1, at most 255
   */
  void quantizeDequantize(
      MemorySegment x, float scale, float zeroPoint, int maxCode, MemorySegment out);

  /**
   * For every lane the entry of the least sum: sum_e = offsets[e] + table[e][0] coefficients[0] +
   * table[e][1] coefficients[1] + ..., one fused product after the other. Of equal sums the first
   * entry's is taken; a NaN is never the least. Where no sum is below infinity the entry is 0 and
   * the least is infinity.
   *
   * @param offsets [entries]
   * @param table [entries, n]
   * @param coefficients [n, lanes]
   * @param least [lanes]
   * @param entries [lanes], their numbers as floats
   */
  void leastSums(
      MemorySegment offsets,
      MemorySegment table,
      MemorySegment coefficients,
      MemorySegment least,
      MemorySegment entries);
}
