// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.vector;

import static dev.awp.kernel.vector.Lanes.COUNT;
import static dev.awp.kernel.vector.Lanes.FLOATS;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * The entries of the least sums, a lane for each search: the least so far and its entry stay in
 * registers, and four entries at a time share the loads of coefficients.
 *
 * @param n terms of a sum
 */
record LeastSums(
    MemorySegment offsets, MemorySegment table, MemorySegment coefficients, int n, int lanes) {
  private static final int AT_ONCE = 4;

  void run(MemorySegment least, MemorySegment entries) {
    if (lanes < COUNT) {
      few(least, entries);
      return;
    }
    for (int i = 0; i < lanes; i += COUNT) {
      // The last lanes are searched with some before them, to the same result.
      some(Math.min(i, lanes - COUNT), least, entries);
    }
  }

  private void some(int i, MemorySegment least, MemorySegment entries) {
    int count = (int) (offsets.byteSize() / Float.BYTES);
    FloatVector best = FloatVector.broadcast(FLOATS, Float.POSITIVE_INFINITY);
    FloatVector found = FloatVector.zero(FLOATS);
    int e = 0;
    for (; e <= count - AT_ONCE; e += AT_ONCE) {
      FloatVector s0 = FloatVector.broadcast(FLOATS, at(offsets, e));
      FloatVector s1 = FloatVector.broadcast(FLOATS, at(offsets, e + 1));
      FloatVector s2 = FloatVector.broadcast(FLOATS, at(offsets, e + 2));
      FloatVector s3 = FloatVector.broadcast(FLOATS, at(offsets, e + 3));
      int row = e * n;
      for (int k = 0; k < n; k++) {
        FloatVector c = Lanes.load(coefficients, k * lanes + i);
        s0 = FloatVector.broadcast(FLOATS, at(table, row + k)).fma(c, s0);
        s1 = FloatVector.broadcast(FLOATS, at(table, row + n + k)).fma(c, s1);
        s2 = FloatVector.broadcast(FLOATS, at(table, row + 2 * n + k)).fma(c, s2);
        s3 = FloatVector.broadcast(FLOATS, at(table, row + 3 * n + k)).fma(c, s3);
      }
      VectorMask<Float> less = s0.compare(VectorOperators.LT, best);
      best = best.blend(s0, less);
      found = found.blend((float) e, less);
      less = s1.compare(VectorOperators.LT, best);
      best = best.blend(s1, less);
      found = found.blend((float) (e + 1), less);
      less = s2.compare(VectorOperators.LT, best);
      best = best.blend(s2, less);
      found = found.blend((float) (e + 2), less);
      less = s3.compare(VectorOperators.LT, best);
      best = best.blend(s3, less);
      found = found.blend((float) (e + 3), less);
    }
    for (; e < count; e++) {
      FloatVector sum = FloatVector.broadcast(FLOATS, at(offsets, e));
      for (int k = 0; k < n; k++) {
        FloatVector c = Lanes.load(coefficients, k * lanes + i);
        sum = FloatVector.broadcast(FLOATS, at(table, e * n + k)).fma(c, sum);
      }
      VectorMask<Float> less = sum.compare(VectorOperators.LT, best);
      best = best.blend(sum, less);
      found = found.blend((float) e, less);
    }
    Lanes.store(best, least, i);
    Lanes.store(found, entries, i);
  }

  /** Fewer lanes than a vector has. */
  private void few(MemorySegment least, MemorySegment entries) {
    VectorMask<Float> own = FLOATS.indexInRange(0, lanes);
    FloatVector best = FloatVector.broadcast(FLOATS, Float.POSITIVE_INFINITY);
    FloatVector found = FloatVector.zero(FLOATS);
    for (int e = 0; e < offsets.byteSize() / Float.BYTES; e++) {
      FloatVector sum = FloatVector.broadcast(FLOATS, at(offsets, e));
      for (int k = 0; k < n; k++) {
        FloatVector c = Lanes.load(coefficients, k * lanes, own);
        sum = FloatVector.broadcast(FLOATS, at(table, e * n + k)).fma(c, sum);
      }
      VectorMask<Float> less = sum.compare(VectorOperators.LT, best);
      best = best.blend(sum, less);
      found = found.blend((float) e, less);
    }
    Lanes.store(best, least, 0, own);
    Lanes.store(found, entries, 0, own);
  }

  private static float at(MemorySegment x, int i) {
    return x.getAtIndex(ValueLayout.JAVA_FLOAT, i);
  }
}
