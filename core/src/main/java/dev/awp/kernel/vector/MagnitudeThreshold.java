// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.vector;

import static dev.awp.kernel.vector.Lanes.COUNT;
import static dev.awp.kernel.vector.Lanes.INTS;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * The k-th largest magnitude of a row in a few reads. A sorted sample of the row brackets the
 * answer; counting how many entries reach the two ends of the bracket proves or corrects it; once
 * few enough candidates are left they are compressed into a small array, where the bracket is
 * narrowed by interpolation, alternating with bisection so that ties cannot stall it.
 *
 * <p>All comparisons are of the bits of |x| as integers. Invariant: at least k entries are &gt;=
 * low, fewer than k are &gt;= high.
 */
final class MagnitudeThreshold {
  private static final int SAMPLE = 128;

  /** Candidates that are gathered: an array of 16 KiB stays in the first-level cache. */
  private static final int GATHER = 4096;

  /** Above every magnitude, NaN included; compared as a signed integer it is still the largest. */
  private static final int ABOVE_ALL = Integer.MAX_VALUE;

  private final MemorySegment row;
  private final int n;
  private final int k;
  private int low;
  private int atLeastLow;
  private int high = ABOVE_ALL;
  private int atLeastHigh;

  private MagnitudeThreshold(MemorySegment row, int n, int k) {
    this.row = row;
    this.n = n;
    this.k = k;
    this.atLeastLow = n;
  }

  /**
   * The answer with its counts.
   *
   * @param bits of the k-th largest magnitude
   * @param atLeast entries whose magnitude is at least that
   * @param equal entries whose magnitude is exactly that
   */
  record Threshold(int bits, int atLeast, int equal) {}

  static Threshold find(MemorySegment row, int n, int k) {
    return new MagnitudeThreshold(row, n, k).solve();
  }

  private Threshold solve() {
    if (n > GATHER) {
      bracketBySample();
    }
    boolean interpolate = true;
    while (atLeastLow - atLeastHigh > GATHER && high - low > 1) {
      narrow(interpolate);
      interpolate = !interpolate;
    }
    if (high - low > 1) {
      int[] candidates = new int[atLeastLow - atLeastHigh + COUNT];
      narrowGathered(candidates, gather(candidates));
    }
    return new Threshold(low, atLeastLow, atLeastLow - atLeastHigh);
  }

  private void bracketBySample() {
    int[] sample = new int[SAMPLE];
    for (int s = 0; s < SAMPLE; s++) {
      long at = (long) s * n / SAMPLE;
      sample[s] = row.getAtIndex(ValueLayout.JAVA_INT, at) & Lanes.MAGNITUDE;
    }
    Arrays.sort(sample);
    // The rank of the answer in the sample has a standard deviation of at most sqrt(SAMPLE) / 2.
    int rank = (int) ((long) (n - k) * SAMPLE / n);
    int margin = (int) (2 * Math.sqrt(SAMPLE) / 2);
    int first = rank - margin < 0 ? 0 : sample[rank - margin];
    int last = rank + margin >= SAMPLE ? ABOVE_ALL : sample[rank + margin];
    cut(first);
    if (last > low && last < high) {
      cut(last);
    }
  }

  private void narrow(boolean interpolate) {
    int middle = low + ((high - low) >>> 1);
    cut(interpolate ? interpolated(middle) : middle);
  }

  /** Where the answer would lie if the candidates were spread evenly over (low, high). */
  private int interpolated(int fallback) {
    double share = (double) (atLeastLow - k) / (atLeastLow - atLeastHigh);
    long guess = low + Math.round(share * ((double) high - low));
    return guess > low && guess < high ? (int) guess : fallback;
  }

  /** Moves one end of the bracket to the pivot. */
  private void cut(int pivot) {
    update(pivot, countAtLeast(pivot));
  }

  private void update(int pivot, int count) {
    if (count >= k) {
      low = pivot;
      atLeastLow = count;
    } else {
      high = pivot;
      atLeastHigh = count;
    }
  }

  private int countAtLeast(int pivot) {
    int count = 0;
    int i = 0;
    for (; i < INTS.loopBound(n); i += COUNT) {
      count += Lanes.loadMagnitudes(row, i).compare(VectorOperators.GE, pivot).trueCount();
    }
    if (i < n) {
      VectorMask<Integer> tail = INTS.indexInRange(i, n);
      IntVector last = Lanes.loadMagnitudes(row, i, tail);
      count += last.compare(VectorOperators.GE, pivot).and(tail).trueCount();
    }
    return count;
  }

  /** Copies the entries in [low, high) and returns how many there are. */
  private int gather(int[] candidates) {
    int size = 0;
    for (int i = 0; i < n; i += COUNT) {
      VectorMask<Integer> inside = INTS.indexInRange(i, n);
      IntVector magnitudes = Lanes.loadMagnitudes(row, i, inside);
      VectorMask<Integer> wanted =
          magnitudes
              .compare(VectorOperators.GE, low)
              .and(magnitudes.compare(VectorOperators.LT, high))
              .and(inside);
      magnitudes.compress(wanted).intoArray(candidates, size);
      size += wanted.trueCount();
    }
    return size;
  }

  private void narrowGathered(int[] candidates, int gathered) {
    int size = gathered;
    boolean interpolate = true;
    while (high - low > 1 && atLeastLow - atLeastHigh > 1) {
      int middle = low + ((high - low) >>> 1);
      int pivot = interpolate ? interpolated(middle) : middle;
      interpolate = !interpolate;
      int above = partition(candidates, size, pivot);
      update(pivot, atLeastHigh + above);
      size = retain(candidates, size);
    }
    if (high - low > 1) {
      // One candidate is left: it is the answer, and nothing else equals it.
      low = candidates[0];
      high = low + 1;
    }
  }

  private static int partition(int[] candidates, int size, int pivot) {
    int count = 0;
    int i = 0;
    for (; i < INTS.loopBound(size); i += COUNT) {
      IntVector v = IntVector.fromArray(INTS, candidates, i);
      count += v.compare(VectorOperators.GE, pivot).trueCount();
    }
    for (; i < size; i++) {
      count += candidates[i] >= pivot ? 1 : 0;
    }
    return count;
  }

  /**
   * Drops the candidates outside [low, high), in place: a vector is read before it is overwritten.
   */
  private int retain(int[] candidates, int size) {
    int kept = 0;
    for (int i = 0; i < size; i += COUNT) {
      IntVector v = IntVector.fromArray(INTS, candidates, i);
      VectorMask<Integer> wanted =
          v.compare(VectorOperators.GE, low)
              .and(v.compare(VectorOperators.LT, high))
              .and(INTS.indexInRange(i, size));
      v.compress(wanted).intoArray(candidates, kept);
      kept += wanted.trueCount();
    }
    return kept;
  }
}
