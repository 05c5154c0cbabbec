// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.vector;

import static dev.awp.kernel.vector.Lanes.COUNT;
import static dev.awp.kernel.vector.Lanes.FLOATS;
import static dev.awp.kernel.vector.Lanes.INTS;

import dev.awp.kernel.Extents;
import dev.awp.kernel.GridKernels;
import dev.awp.kernel.scalar.ScalarExp;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Grids on whole vectors. */
final class VectorGrid implements GridKernels {
  private static final int INFINITY = 0x7f800000;

  /** As all bits of a float with a sign, a negative integer. */
  private static final int NEGATIVE_INFINITY = Integer.MIN_VALUE | INFINITY;

  @Override
  public void groupRange(MemorySegment x, int groupSize, MemorySegment low, MemorySegment high) {
    int n = Extents.floats(x);
    int groups = Extents.groups(n, groupSize);
    Extents.checkFloats("low", low, groups);
    Extents.checkFloats("high", high, groups);
    for (int g = 0; g < groups; g++) {
      int start = g * groupSize;
      rangeOf(x, start, (int) Math.min(n, (long) start + groupSize), g, low, high);
    }
  }

  /**
   * The largest bits are those of the largest float if any float has no sign, and the largest as
   * unsigned integers are those of the smallest float if any has one: an instruction a vector each,
   * where comparing and blending floats takes four that wait for one another. The bits of NaN lie
   * beyond those of the infinities. Groups of one sign or with a NaN are left to the comparisons.
   */
  private static void rangeOf(
      MemorySegment x, int start, int end, int g, MemorySegment low, MemorySegment high) {
    IntVector signed = IntVector.broadcast(INTS, Integer.MIN_VALUE);
    IntVector unsigned = IntVector.zero(INTS);
    int i = start;
    for (; i <= end - COUNT; i += COUNT) {
      IntVector bits = Lanes.loadBits(x, i);
      signed = signed.max(bits);
      unsigned = unsigned.lanewise(VectorOperators.UMAX, bits);
    }
    if (i < end) {
      VectorMask<Integer> tail = INTS.indexInRange(i, end);
      IntVector bits = Lanes.loadBits(x, i, tail);
      signed = signed.lanewise(VectorOperators.MAX, bits, tail);
      unsigned = unsigned.lanewise(VectorOperators.UMAX, bits);
    }
    int largest = signed.reduceLanes(VectorOperators.MAX);
    // With the first bit turned over, unsigned integers are ordered as signed ones.
    int smallest =
        unsigned.lanewise(VectorOperators.XOR, Integer.MIN_VALUE).reduceLanes(VectorOperators.MAX)
            ^ Integer.MIN_VALUE;
    if (largest >= 0 && largest <= INFINITY && smallest <= NEGATIVE_INFINITY) {
      setRange(Float.intBitsToFloat(smallest), Float.intBitsToFloat(largest), g, low, high);
    } else {
      rangeByComparing(x, start, end, g, low, high);
    }
  }

  /** Adding +0 turns -0 into +0, which neither form promises to tell apart. */
  private static void setRange(
      float smallest, float largest, int g, MemorySegment low, MemorySegment high) {
    low.setAtIndex(ValueLayout.JAVA_FLOAT, g, smallest + 0f);
    high.setAtIndex(ValueLayout.JAVA_FLOAT, g, largest + 0f);
  }

  /**
   * Minimum and maximum are compare and blend: {@code FloatVector.min} has to order signed zeros
   * and NaN as Math.min does, and is slower.
   */
  private static void rangeByComparing(
      MemorySegment x, int start, int end, int g, MemorySegment low, MemorySegment high) {
    FloatVector smallest = FloatVector.broadcast(FLOATS, Float.POSITIVE_INFINITY);
    FloatVector largest = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    int i = start;
    for (; i <= end - COUNT; i += COUNT) {
      FloatVector v = Lanes.load(x, i);
      smallest = smallest.blend(v, v.compare(VectorOperators.LT, smallest));
      largest = largest.blend(v, v.compare(VectorOperators.GT, largest));
    }
    if (i < end) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, end);
      FloatVector v = Lanes.load(x, i, tail);
      smallest = smallest.blend(v, v.compare(VectorOperators.LT, smallest).and(tail));
      largest = largest.blend(v, v.compare(VectorOperators.GT, largest).and(tail));
    }
    // No lane is NaN here.
    int lowest = ordered(smallest).reduceLanes(VectorOperators.MIN);
    int highest = ordered(largest).reduceLanes(VectorOperators.MAX);
    setRange(
        Float.intBitsToFloat(ordered(lowest)),
        Float.intBitsToFloat(ordered(highest)),
        g,
        low,
        high);
  }

  /**
   * Integers in the order of the floats, by which a group's lanes are reduced: an instruction a
   * step, where float lanes take seven for NaN and signed zeros.
   */
  private static IntVector ordered(FloatVector v) {
    IntVector bits = v.reinterpretAsInts();
    return bits.lanewise(VectorOperators.ASHR, Integer.SIZE - 1)
        .and(Lanes.MAGNITUDE)
        .lanewise(VectorOperators.XOR, bits);
  }

  /** Its own inverse. */
  private static int ordered(int bits) {
    return bits ^ (bits >> (Integer.SIZE - 1) & Lanes.MAGNITUDE);
  }

  @Override
  public void nearestSteps(
      MemorySegment x,
      MemorySegment scales,
      MemorySegment zeroPoints,
      int maxCode,
      MemorySegment out) {
    int n = Extents.steps(x, scales, zeroPoints, out);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      FloatVector least = Lanes.load(zeroPoints, i).neg();
      FloatVector steps = Lanes.load(x, i).div(Lanes.load(scales, i));
      Lanes.store(nearest(steps, least, least.add(maxCode)), out, i);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      FloatVector least = Lanes.load(zeroPoints, i, tail).neg();
      FloatVector steps = Lanes.load(x, i, tail).div(Lanes.load(scales, i, tail));
      Lanes.store(nearest(steps, least, least.add(maxCode)), out, i, tail);
    }
  }

  private static FloatVector nearest(FloatVector steps, FloatVector least, FloatVector most) {
    FloatVector clamped = steps.blend(least, steps.compare(VectorOperators.LT, least));
    clamped = clamped.blend(most, clamped.compare(VectorOperators.GT, most));
    return clamped.add(ScalarExp.ROUNDER).sub(ScalarExp.ROUNDER);
  }

  @Override
  public void nearestLevels(
      MemorySegment x,
      MemorySegment scales,
      float[] levels,
      float[] thresholds,
      MemorySegment out) {
    int n = Extents.levels(x, scales, levels, thresholds, out);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      FloatVector multiples = Lanes.load(x, i).div(Lanes.load(scales, i));
      Lanes.store(nearest(multiples, levels, thresholds), out, i);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      FloatVector multiples = Lanes.load(x, i, tail).div(Lanes.load(scales, i, tail));
      Lanes.store(nearest(multiples, levels, thresholds), out, i, tail);
    }
  }

  /** A comparison and a blend a level: each next one takes the place of the one before. */
  private static FloatVector nearest(FloatVector x, float[] levels, float[] thresholds) {
    FloatVector level = FloatVector.broadcast(FLOATS, levels[0]);
    for (int k = 0; k < thresholds.length; k++) {
      level = level.blend(levels[k + 1], x.compare(VectorOperators.GT, thresholds[k]));
    }
    return level.blend(Float.NaN, x.test(VectorOperators.IS_NAN));
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
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      FloatVector least = Lanes.load(zeroPoints, i).neg();
      FloatVector most = least.add(maxCode);
      FloatVector steps = Lanes.load(x, i).div(Lanes.load(scales, i));
      FloatVector code = nearest(steps, least, most);
      Lanes.store(code, codes, i);
      Lanes.store(other(steps, code, least, most), others, i);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      FloatVector least = Lanes.load(zeroPoints, i, tail).neg();
      FloatVector most = least.add(maxCode);
      FloatVector steps = Lanes.load(x, i, tail).div(Lanes.load(scales, i, tail));
      FloatVector code = nearest(steps, least, most);
      Lanes.store(code, codes, i, tail);
      Lanes.store(other(steps, code, least, most), others, i, tail);
    }
  }

  private static FloatVector other(
      FloatVector steps, FloatVector code, FloatVector least, FloatVector most) {
    FloatVector other = code.sub(1).blend(code.add(1), steps.compare(VectorOperators.GT, code));
    VectorMask<Float> exists =
        other.compare(VectorOperators.GE, least).and(other.compare(VectorOperators.LE, most));
    return FloatVector.broadcast(FLOATS, Float.NaN).blend(other, exists);
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
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      FloatVector multiples = Lanes.load(x, i).div(Lanes.load(scales, i));
      FloatVector code = nearest(multiples, levels, thresholds);
      Lanes.store(code, codes, i);
      Lanes.store(other(multiples, code, levels, thresholds), others, i);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      FloatVector multiples = Lanes.load(x, i, tail).div(Lanes.load(scales, i, tail));
      FloatVector code = nearest(multiples, levels, thresholds);
      Lanes.store(code, codes, i, tail);
      Lanes.store(other(multiples, code, levels, thresholds), others, i, tail);
    }
  }

  /** The level before the nearest one, or the one behind it where x lies beyond. */
  private static FloatVector other(
      FloatVector x, FloatVector nearest, float[] levels, float[] thresholds) {
    FloatVector below = FloatVector.broadcast(FLOATS, Float.NaN);
    FloatVector above = FloatVector.broadcast(FLOATS, levels.length > 1 ? levels[1] : Float.NaN);
    for (int k = 0; k < thresholds.length; k++) {
      VectorMask<Float> passed = x.compare(VectorOperators.GT, thresholds[k]);
      below = below.blend(levels[k], passed);
      above = above.blend(k + 2 < levels.length ? levels[k + 2] : Float.NaN, passed);
    }
    FloatVector other = below.blend(above, x.compare(VectorOperators.GT, nearest));
    return other.blend(Float.NaN, x.test(VectorOperators.IS_NAN));
  }

  @Override
  public void quantizeDequantize(
      MemorySegment x, float scale, float zeroPoint, int maxCode, MemorySegment out) {
    int n = Extents.floats(x);
    Extents.checkFloats("the output", out, n);
    FloatVector scales = FloatVector.broadcast(FLOATS, scale);
    FloatVector least = FloatVector.broadcast(FLOATS, -zeroPoint);
    FloatVector most = FloatVector.broadcast(FLOATS, maxCode - zeroPoint);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      Lanes.store(onGrid(Lanes.load(x, i), scales, least, most), out, i);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      Lanes.store(onGrid(Lanes.load(x, i, tail), scales, least, most), out, i, tail);
    }
  }

  private static FloatVector onGrid(
      FloatVector x, FloatVector scales, FloatVector least, FloatVector most) {
    return nearest(x.div(scales), least, most).mul(scales);
  }

  @Override
  public void leastSums(
      MemorySegment offsets,
      MemorySegment table,
      MemorySegment coefficients,
      MemorySegment least,
      MemorySegment entries) {
    int n = Extents.terms(offsets, table, coefficients, least, entries);
    new LeastSums(offsets, table, coefficients, n, Extents.floats(least)).run(least, entries);
  }
}
