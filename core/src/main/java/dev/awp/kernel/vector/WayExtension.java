// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.vector;

import static dev.awp.kernel.vector.Lanes.COUNT;
import static dev.awp.kernel.vector.Lanes.FLOATS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.awp.kernel.Extents;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** The ways of as many lanes as a vector has, each going on from its parent at all factors. */
record WayExtension(
    MemorySegment before,
    MemorySegment parents,
    MemorySegment errors,
    MemorySegment factors,
    int ways,
    int lanes,
    MemorySegment after) {

  void run() {
    for (int way = 0; way < ways; way++) {
      int i = 0;
      for (; i < FLOATS.loopBound(lanes); i += COUNT) {
        switch (ways) {
          case 4 -> four(way, i);
          case 8 -> eight(way, i);
          default -> any(way, i);
        }
      }
      for (; i < lanes; i++) {
        one(way, i);
      }
    }
  }

  /** The parent's bits choose between pairs of ways, and between what was chosen before. */
  private void four(int way, int i) {
    IntVector parent = Lanes.loadBits(parents, way * lanes + i);
    FloatVector e = Lanes.load(errors, way * lanes + i);
    VectorMask<Float> odd = bit(parent, 1);
    VectorMask<Float> upper = bit(parent, 2);
    int n = Extents.floats(factors);
    for (int k = 0; k < n; k++) {
      int row = k * 4 * lanes + i;
      FloatVector first = either(row, odd);
      FloatVector value = first.blend(either(row + 2 * lanes, odd), upper);
      Lanes.store(factor(k).fma(e, value), after, row + way * lanes);
    }
  }

  private void eight(int way, int i) {
    IntVector parent = Lanes.loadBits(parents, way * lanes + i);
    FloatVector e = Lanes.load(errors, way * lanes + i);
    VectorMask<Float> odd = bit(parent, 1);
    VectorMask<Float> upper = bit(parent, 2);
    VectorMask<Float> last = bit(parent, 4);
    int n = Extents.floats(factors);
    for (int k = 0; k < n; k++) {
      int row = k * 8 * lanes + i;
      FloatVector first = either(row, odd);
      first = first.blend(either(row + 2 * lanes, odd), upper);
      FloatVector second = either(row + 4 * lanes, odd);
      second = second.blend(either(row + 6 * lanes, odd), upper);
      Lanes.store(factor(k).fma(e, first.blend(second, last)), after, row + way * lanes);
    }
  }

  private void any(int way, int i) {
    IntVector parent = Lanes.loadBits(parents, way * lanes + i);
    FloatVector e = Lanes.load(errors, way * lanes + i);
    int n = Extents.floats(factors);
    for (int k = 0; k < n; k++) {
      int row = k * ways * lanes + i;
      FloatVector value = Lanes.load(before, row);
      for (int other = 1; other < ways; other++) {
        VectorMask<Float> chosen = parent.compare(VectorOperators.EQ, other).cast(FLOATS);
        value = value.blend(Lanes.load(before, row + other * lanes), chosen);
      }
      Lanes.store(factor(k).fma(e, value), after, row + way * lanes);
    }
  }

  /** A lane by itself, beyond the last whole vector. */
  private void one(int way, int i) {
    long own = (long) way * lanes + i;
    long parent = (long) parents.getAtIndex(JAVA_INT, own) * lanes + i;
    float e = errors.getAtIndex(JAVA_FLOAT, own);
    for (int k = 0; k < Extents.floats(factors); k++) {
      long row = (long) k * ways * lanes;
      float value = before.getAtIndex(JAVA_FLOAT, row + parent);
      float factor = factors.getAtIndex(JAVA_FLOAT, k);
      after.setAtIndex(JAVA_FLOAT, row + own, Math.fma(factor, e, value));
    }
  }

  private FloatVector factor(int k) {
    return FloatVector.broadcast(FLOATS, factors.getAtIndex(JAVA_FLOAT, k));
  }

  private static VectorMask<Float> bit(IntVector parent, int bit) {
    return parent.and(bit).compare(VectorOperators.NE, 0).cast(FLOATS);
  }

  private FloatVector either(int row, VectorMask<Float> second) {
    return Lanes.load(before, row).blend(Lanes.load(before, row + lanes), second);
  }
}
