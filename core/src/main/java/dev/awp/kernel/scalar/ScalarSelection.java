// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.scalar;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.awp.kernel.Extents;
import dev.awp.kernel.SelectionKernels;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** Selections, defined by counting. */
final class ScalarSelection implements SelectionKernels {
  @Override
  public float kthLargestMagnitude(MemorySegment x, int k) {
    int n = Extents.floats(x);
    Objects.checkIndex(k - 1, n);
    // The largest bit pattern that at least k magnitudes reach, found bit by bit.
    int threshold = 0;
    for (int bit = 1 << 30; bit != 0; bit >>>= 1) {
      if (countAtLeast(x, n, threshold | bit) >= k) {
        threshold |= bit;
      }
    }
    return Float.intBitsToFloat(threshold);
  }

  private static int countAtLeast(MemorySegment x, int n, int bits) {
    int count = 0;
    for (int i = 0; i < n; i++) {
      count += magnitude(x, i) >= bits ? 1 : 0;
    }
    return count;
  }

  private static int magnitude(MemorySegment x, long i) {
    return x.getAtIndex(JAVA_INT, i) & 0x7fffffff;
  }

  @Override
  public float keepLargest(
      MemorySegment scores, MemorySegment values, int k, float near, MemorySegment out) {
    int n = checked(scores, values, out);
    Objects.checkIndex(k, n + 1);
    if (k == 0) {
      out.fill((byte) 0);
      return Float.NaN;
    }
    float kth = kthLargestMagnitude(scores, k);
    int threshold = Float.floatToRawIntBits(kth);
    int ties = k;
    for (int i = 0; i < n; i++) {
      ties -= magnitude(scores, i) > threshold ? 1 : 0;
    }
    for (int i = 0; i < n; i++) {
      int score = magnitude(scores, i);
      boolean keep = score > threshold || (score == threshold && ties-- > 0);
      out.setAtIndex(JAVA_INT, i, keep ? values.getAtIndex(JAVA_INT, i) : 0);
    }
    return kth;
  }

  @Override
  public void keepLargestOfGroups(
      MemorySegment scores, MemorySegment values, int keep, int group, MemorySegment out) {
    int n = checked(scores, values, out);
    if (keep < 1 || keep > group || group > 32) {
      throw new IllegalArgumentException("cannot keep " + keep + " of " + group);
    }
    for (int start = 0; start < n; start += group) {
      int end = Math.min(n, start + group);
      int kept = 0;
      for (int i = start; i < end; i++) {
        kept |= rank(scores, start, end, i) < keep ? 1 << (i - start) : 0;
      }
      for (int i = start; i < end; i++) {
        boolean keepThis = (kept >>> (i - start) & 1) != 0;
        out.setAtIndex(JAVA_INT, i, keepThis ? values.getAtIndex(JAVA_INT, i) : 0);
      }
    }
  }

  /** How many entries of the group come before entry i in the order of the selection. */
  private static int rank(MemorySegment scores, int start, int end, int i) {
    int own = magnitude(scores, i);
    int rank = 0;
    for (int j = start; j < end; j++) {
      int other = magnitude(scores, j);
      rank += other > own || (other == own && j < i) ? 1 : 0;
    }
    return rank;
  }

  @Override
  public void applyMask(MemorySegment mask, MemorySegment values, MemorySegment out) {
    int n = checked(mask, values, out);
    for (int i = 0; i < n; i++) {
      boolean keep = magnitude(mask, i) != 0;
      out.setAtIndex(JAVA_INT, i, keep ? values.getAtIndex(JAVA_INT, i) : 0);
    }
  }

  @Override
  public int countNonZero(MemorySegment x) {
    int n = Extents.floats(x);
    int count = 0;
    for (int i = 0; i < n; i++) {
      count += x.getAtIndex(JAVA_FLOAT, i) != 0 ? 1 : 0;
    }
    return count;
  }

  private static int checked(MemorySegment scores, MemorySegment values, MemorySegment out) {
    int n = Extents.floats(scores);
    Extents.checkFloats("values", values, n);
    Extents.checkFloats("the output", out, n);
    return n;
  }
}
