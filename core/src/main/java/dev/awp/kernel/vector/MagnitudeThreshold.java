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
 * The k-th largest magnitude of a row, in one read where it goes well. A guess from before, or a
 * sorted sample of the row, brackets the answer; one read counts how many entries lie above the
 * bracket and compresses those inside into a small array, where the bracket is narrowed by
 * interpolation, alternating with bisection so that ties cannot stall it. Where the bracket was
 * wrong or holds too many, counting reads of the row narrow it first.
 *
 * <p>Magnitudes are compared by keys: the bits of x with the sign set, as signed integers. They
 * have the order of |x|, NaN last, and leave room for a bound above every NaN. Invariant: at least
 * k keys are &gt;= low, fewer than k are &gt;= high.
 */
final class MagnitudeThreshold {
  private static final int SAMPLE = 128;

  /** Candidates that are gathered: an array of 16 KiB stays in the first-level cache. */
  private static final int GATHER = 4096;

  /** Half the width of the bracket about a guess: 2^17 units in the last place are 1.6 %. */
  private static final int MARGIN = 1 << 17;

  /**
   * A thread's own, for its lifetime: a row's share of a new array, 4 bytes an element, cost more
   * than the search where the heap's memory is touched for the first time.
   */
  private static final ThreadLocal<int[]> CANDIDATES =
      ThreadLocal.withInitial(() -> new int[GATHER + COUNT]);

  private static final int NOT_GATHERED = -1;

  private static final int SIGN = 0x80000000;

  /** The key of 0, the lowest. */
  private static final int LOWEST = Integer.MIN_VALUE;

  /** Above every key. */
  private static final int ABOVE_ALL = 0;

  private final MemorySegment row;
  private final int n;
  private final int k;
  private int low = LOWEST;
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

  /**
   * Finds the threshold.
   *
   * @param near a guess, or NaN
   */
  static Threshold find(MemorySegment row, int n, int k, float near) {
    return new MagnitudeThreshold(row, n, k).solve(near);
  }

  private Threshold solve(float near) {
    int[] candidates = CANDIDATES.get();
    int size = NOT_GATHERED;
    if (near > 0) {
      int guess = Float.floatToRawIntBits(near) | SIGN;
      int below = (int) Math.max(LOWEST, (long) guess - MARGIN);
      size = bracket(below, Math.min(ABOVE_ALL, guess + MARGIN), candidates);
    }
    if (size == NOT_GATHERED && isOpen()) {
      size = n > 4 * SAMPLE ? bracketBySample(candidates) : bracket(low, high, candidates);
    }
    boolean interpolate = true;
    while (size == NOT_GATHERED && isOpen()) {
      if (atLeastLow - atLeastHigh <= GATHER) {
        size = bracket(low, high, candidates);
      } else {
        narrow(interpolate);
        interpolate = !interpolate;
      }
    }
    if (isOpen()) {
      narrowGathered(candidates, size);
    }
    return new Threshold(low & Lanes.MAGNITUDE, atLeastLow, atLeastLow - atLeastHigh);
  }

  /** Whether more than one key may be the answer. */
  private boolean isOpen() {
    return Integer.compareUnsigned(high - low, 1) > 0;
  }

  private int bracketBySample(int[] candidates) {
    int[] sample = new int[SAMPLE];
    for (int s = 0; s < SAMPLE; s++) {
      long at = (long) s * n / SAMPLE;
      sample[s] = row.getAtIndex(ValueLayout.JAVA_INT, at) | SIGN;
    }
    Arrays.sort(sample);
    // The rank of the answer in the sample has a standard deviation of at most sqrt(SAMPLE) / 2.
    int rank = (int) ((long) (n - k) * SAMPLE / n);
    int margin = (int) (2 * Math.sqrt(SAMPLE) / 2);
    int first = rank - margin < 0 ? LOWEST : sample[rank - margin];
    int last = rank + margin >= SAMPLE ? ABOVE_ALL : sample[rank + margin];
    return bracket(first, last, candidates);
  }

  /**
   * Counts the entries that reach the ends of a bracket, and gathers those inside, in one read.
   *
   * @return how many were gathered, all of [low, high); or NOT_GATHERED where the answer lies
   *     elsewhere, or where there is no room for all
   */
  private int bracket(int first, int last, int[] candidates) {
    int from = Math.max(first, low);
    int to = Math.min(last, high);
    if (from >= to) {
      return NOT_GATHERED;
    }
    int room = candidates.length - COUNT;
    int above = 0;
    int inside = 0;
    int i = 0;
    for (; i < INTS.loopBound(n); i += COUNT) {
      IntVector keys = Lanes.loadBits(row, i).or(SIGN);
      VectorMask<Integer> reachesHigh = keys.compare(VectorOperators.GE, to);
      VectorMask<Integer> wanted = keys.compare(VectorOperators.GE, from).andNot(reachesHigh);
      above += reachesHigh.trueCount();
      if (wanted.anyTrue()) {
        keys.compress(wanted).intoArray(candidates, Math.min(inside, room));
        inside += wanted.trueCount();
      }
    }
    for (; i < n; i++) {
      int key = row.getAtIndex(ValueLayout.JAVA_INT, i) | SIGN;
      if (key >= to) {
        above++;
      } else if (key >= from) {
        candidates[Math.min(inside, room)] = key;
        inside++;
      }
    }
    if (to < high) {
      update(to, above);
    }
    if (from > low) {
      update(from, above + inside);
    }
    return low == from && high == to && inside <= room ? inside : NOT_GATHERED;
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
      count += Lanes.loadBits(row, i).or(SIGN).compare(VectorOperators.GE, pivot).trueCount();
    }
    for (; i < n; i++) {
      count += (row.getAtIndex(ValueLayout.JAVA_INT, i) | SIGN) >= pivot ? 1 : 0;
    }
    return count;
  }

  private void narrowGathered(int[] candidates, int gathered) {
    int size = gathered;
    boolean interpolate = true;
    while (isOpen() && atLeastLow - atLeastHigh > 1) {
      int middle = low + ((high - low) >>> 1);
      int pivot = interpolate ? interpolated(middle) : middle;
      interpolate = !interpolate;
      int above = partition(candidates, size, pivot);
      update(pivot, atLeastHigh + above);
      size = retain(candidates, size);
    }
    if (isOpen()) {
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
