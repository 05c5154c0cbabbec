// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.vector;

import static dev.awp.kernel.vector.Lanes.COUNT;
import static dev.awp.kernel.vector.Lanes.FLOATS;
import static dev.awp.kernel.vector.Lanes.INTS;

import dev.awp.kernel.Extents;
import dev.awp.kernel.SelectionKernels;
import dev.awp.kernel.scalar.ScalarKernels;
import dev.awp.kernel.vector.MagnitudeThreshold.Threshold;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/** Selections on whole vectors. */
final class VectorSelection implements SelectionKernels {
  private static final SelectionKernels SCALAR = ScalarKernels.create().selection();

  @Override
  public float kthLargestMagnitude(MemorySegment x, int k) {
    int n = Extents.floats(x);
    Objects.checkIndex(k - 1, n);
    return Float.intBitsToFloat(MagnitudeThreshold.find(x, n, k, Float.NaN).bits());
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
    Threshold threshold = MagnitudeThreshold.find(scores, n, k, near);
    int surplus = threshold.atLeast() - k;
    if (surplus == 0) {
      keepAtLeast(scores, values, n, threshold.bits(), out);
    } else {
      keepWithTies(scores, values, n, threshold.bits(), threshold.equal() - surplus, out);
    }
    return Float.intBitsToFloat(threshold.bits());
  }

  private static void keepAtLeast(
      MemorySegment scores, MemorySegment values, int n, int threshold, MemorySegment out) {
    IntVector zero = IntVector.zero(INTS);
    int i = 0;
    for (; i < INTS.loopBound(n); i += COUNT) {
      VectorMask<Integer> keep =
          Lanes.loadMagnitudes(scores, i).compare(VectorOperators.GE, threshold);
      Lanes.storeBits(zero.blend(Lanes.loadBits(values, i), keep), out, i);
    }
    if (i < n) {
      VectorMask<Integer> tail = INTS.indexInRange(i, n);
      VectorMask<Integer> keep =
          Lanes.loadMagnitudes(scores, i, tail).compare(VectorOperators.GE, threshold);
      Lanes.storeBits(zero.blend(Lanes.loadBits(values, i, tail), keep), out, i, tail);
    }
  }

  /** Entries above the threshold, and the first {@code ties} of those that equal it. */
  private static void keepWithTies(
      MemorySegment scores,
      MemorySegment values,
      int n,
      int threshold,
      int ties,
      MemorySegment out) {
    IntVector zero = IntVector.zero(INTS);
    int left = ties;
    for (int i = 0; i < n; i += COUNT) {
      VectorMask<Integer> inside = INTS.indexInRange(i, n);
      IntVector magnitudes = Lanes.loadMagnitudes(scores, i, inside);
      VectorMask<Integer> keep = magnitudes.compare(VectorOperators.GT, threshold);
      VectorMask<Integer> equal = magnitudes.compare(VectorOperators.EQ, threshold).and(inside);
      int found = equal.trueCount();
      if (found > 0 && left > 0) {
        keep = keep.or(found <= left ? equal : firstOf(equal, left));
        left -= Math.min(left, found);
      }
      IntVector kept = zero.blend(Lanes.loadBits(values, i, inside), keep);
      Lanes.storeBits(kept, out, i, inside);
    }
  }

  private static VectorMask<Integer> firstOf(VectorMask<Integer> mask, int count) {
    long bits = mask.toLong();
    while (Long.bitCount(bits) > count) {
      bits &= ~Long.highestOneBit(bits);
    }
    return VectorMask.fromLong(INTS, bits);
  }

  @Override
  public void keepLargestOfGroups(
      MemorySegment scores, MemorySegment values, int keep, int group, MemorySegment out) {
    if (group > COUNT || COUNT % group != 0) {
      // A group that straddles vectors: the definition itself.
      SCALAR.keepLargestOfGroups(scores, values, keep, group, out);
      return;
    }
    int n = checked(scores, values, out);
    if (keep < 1 || keep > group) {
      throw new IllegalArgumentException("cannot keep " + keep + " of " + group);
    }
    GroupRanks ranks = GroupRanks.of(group);
    IntVector zero = IntVector.zero(INTS);
    int i = 0;
    for (; i < INTS.loopBound(n); i += COUNT) {
      IntVector rank = ranks.of(Lanes.loadMagnitudes(scores, i));
      VectorMask<Integer> kept = rank.compare(VectorOperators.LT, keep);
      Lanes.storeBits(zero.blend(Lanes.loadBits(values, i), kept), out, i);
    }
    if (i < n) {
      VectorMask<Integer> tail = INTS.indexInRange(i, n);
      // Lanes past the end rank behind every entry.
      IntVector magnitudes =
          IntVector.broadcast(INTS, -1).blend(Lanes.loadMagnitudes(scores, i, tail), tail);
      VectorMask<Integer> kept = ranks.of(magnitudes).compare(VectorOperators.LT, keep);
      Lanes.storeBits(zero.blend(Lanes.loadBits(values, i, tail), kept), out, i, tail);
    }
  }

  /** Ranks inside groups that divide a vector: how many entries come before each. */
  private static final class GroupRanks {
    private static final int LARGEST = 32;

    /** By group size; for the sizes that divide a vector. */
    private static final GroupRanks[] BY_SIZE = new GroupRanks[LARGEST + 1];

    static {
      for (int group = 1; group <= Math.min(LARGEST, COUNT); group++) {
        if (COUNT % group == 0) {
          BY_SIZE[group] = new GroupRanks(group);
        }
      }
    }

    /** Lane i takes the entry shift places further in its group, around its end. */
    private final List<VectorShuffle<Integer>> rotations = new ArrayList<>();

    /** One in the lanes for which that entry has the lower index: it comes first if equal. */
    private final List<IntVector> comesFirst = new ArrayList<>();

    private GroupRanks(int group) {
      for (int shift = 1; shift < group; shift++) {
        int places = shift;
        rotations.add(
            VectorShuffle.fromOp(
                INTS, lane -> lane - lane % group + (lane % group + places) % group));
        int[] first = new int[COUNT];
        for (int lane = 0; lane < COUNT; lane++) {
          first[lane] = lane % group + shift >= group ? 1 : 0;
        }
        comesFirst.add(IntVector.fromArray(INTS, first, 0));
      }
    }

    static GroupRanks of(int group) {
      return BY_SIZE[group];
    }

    IntVector of(IntVector magnitudes) {
      IntVector rank = IntVector.zero(INTS);
      for (int i = 0; i < rotations.size(); i++) {
        IntVector other = magnitudes.rearrange(rotations.get(i));
        // An equal entry counts if it comes first: compare with one less then. No magnitude is
        // the smallest integer, so this cannot wrap.
        IntVector least = magnitudes.sub(comesFirst.get(i));
        rank = rank.add(1, other.compare(VectorOperators.GT, least));
      }
      return rank;
    }
  }

  @Override
  public void applyMask(MemorySegment mask, MemorySegment values, MemorySegment out) {
    int n = checked(mask, values, out);
    keepAtLeast(mask, values, n, 1, out);
  }

  @Override
  public int countNonZero(MemorySegment x) {
    int n = Extents.floats(x);
    int count = 0;
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      count += Lanes.load(x, i).compare(VectorOperators.NE, 0f).trueCount();
    }
    if (i < n) {
      FloatVector last = Lanes.load(x, i, FLOATS.indexInRange(i, n));
      count += last.compare(VectorOperators.NE, 0f).trueCount();
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
