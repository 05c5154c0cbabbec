// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Which entries of a row survive pruning. Magnitudes are compared as the bits of |x| (an order in
 * which +0 = -0, then subnormals, normals, infinity, and NaN last); of equal magnitudes the lower
 * index wins, so a selection is always exactly as large as asked for.
 */
public interface SelectionKernels {
  /**
   * The k-th largest magnitude of the row, 1 &lt;= k &lt;= n, exactly.
   *
   * @return a non-negative float (or NaN where fewer than k entries are not NaN)
   */
  float kthLargestMagnitude(MemorySegment x, int k);

  /**
   * out[i] = values[i] where |scores[i]| is among the k largest, else +0. All three have n
   * elements; scores and values may be the same segment, out may be either. 0 &lt;= k &lt;= n.
   */
  default void keepLargest(MemorySegment scores, MemorySegment values, int k, MemorySegment out) {
    var _ = keepLargest(scores, values, k, Float.NaN, out);
  }

  /**
   * The same, faster where the k-th largest magnitude is nearly known, as from the last time that
   * these scores were looked at.
   *
   * @param near a guess at the k-th largest magnitude of the scores, which what is written does not
   *     depend on; NaN where there is none
   * @return the k-th largest magnitude, the guess for the next time; NaN for k = 0
   */
  float keepLargest(
      MemorySegment scores, MemorySegment values, int k, float near, MemorySegment out);

  /**
   * out[i] = values[i] where |scores[i]| is among the {@code keep} largest of its group of {@code
   * group} consecutive entries, else +0. A shorter last group of length g keeps min(keep, g)
   * entries. 1 &lt;= keep &lt;= group &lt;= 32.
   */
  void keepLargestOfGroups(
      MemorySegment scores, MemorySegment values, int keep, int group, MemorySegment out);

  /** out[i] = values[i] where mask[i] is not zero (NaN counts as not zero), else +0. */
  void applyMask(MemorySegment mask, MemorySegment values, MemorySegment out);

  /** Number of entries that are not zero; -0 is zero, NaN is not. */
  int countNonZero(MemorySegment x);
}
