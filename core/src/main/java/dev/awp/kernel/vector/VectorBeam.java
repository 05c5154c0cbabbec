// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.vector;

import static dev.awp.kernel.vector.Lanes.COUNT;
import static dev.awp.kernel.vector.Lanes.FLOATS;
import static dev.awp.kernel.vector.Lanes.INTS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.awp.kernel.BeamKernels;
import dev.awp.kernel.Extents;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Searches of as many lanes at once as a vector has. */
final class VectorBeam implements BeamKernels {
  /** For every number of keys the pairs that are compared, one after the other. */
  private static final int[][] NETWORKS = new int[MOST_CHOICES + 1][];

  static {
    for (int count = 0; count <= MOST_CHOICES; count++) {
      NETWORKS[count] = network(count);
    }
  }

  /** Batcher's odd-even merge sort (Knuth, The Art of Computer Programming 3, 5.2.2). */
  private static int[] network(int n) {
    IntStream.Builder pairs = IntStream.builder();
    for (int p = 1; p < n; p *= 2) {
      for (int k = p; k >= 1; k /= 2) {
        for (int j = k % p; j <= n - 1 - k; j += 2 * k) {
          for (int i = j; i <= j + Math.min(k - 1, n - j - k - 1); i++) {
            if (i / (2 * p) == (i + k) / (2 * p)) {
              pairs.add(i).add(i + k);
            }
          }
        }
      }
    }
    return pairs.build().toArray();
  }

  @Override
  public void propose(
      MemorySegment x,
      MemorySegment values,
      MemorySegment scores,
      float weight,
      int choice,
      MemorySegment errors,
      MemorySegment keys) {
    int n = Extents.proposal(x, values, scores, choice, errors, keys);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      FloatVector e = Lanes.load(x, i).sub(Lanes.load(values, i));
      Lanes.storeBits(key(e, Lanes.load(scores, i), weight, choice), keys, i);
      Lanes.store(e, errors, i);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      FloatVector e = Lanes.load(x, i, tail).sub(Lanes.load(values, i, tail));
      IntVector key = key(e, Lanes.load(scores, i, tail), weight, choice);
      Lanes.storeBits(key, keys, i, INTS.indexInRange(i, n));
      Lanes.store(e, errors, i, tail);
    }
  }

  private static IntVector key(FloatVector e, FloatVector score, float weight, int choice) {
    return e.mul(weight)
        .fma(e, score)
        .reinterpretAsInts()
        .and(Lanes.MAGNITUDE)
        .min(INFINITY)
        .and(~CHOICE)
        .or(choice);
  }

  @Override
  public void sort(MemorySegment keys, int count) {
    int lanes = Extents.lanes("the keys", keys, count);
    int[] pairs = NETWORKS[count];
    int i = 0;
    for (; i < INTS.loopBound(lanes); i += COUNT) {
      for (int pair = 0; pair < pairs.length; pair += 2) {
        int first = pairs[pair] * lanes + i;
        int second = pairs[pair + 1] * lanes + i;
        IntVector a = Lanes.loadBits(keys, first);
        IntVector b = Lanes.loadBits(keys, second);
        Lanes.storeBits(a.min(b), keys, first);
        Lanes.storeBits(a.max(b), keys, second);
      }
    }
    if (i < lanes) {
      VectorMask<Integer> tail = INTS.indexInRange(i, lanes);
      for (int pair = 0; pair < pairs.length; pair += 2) {
        int first = pairs[pair] * lanes + i;
        int second = pairs[pair + 1] * lanes + i;
        IntVector a = Lanes.loadBits(keys, first, tail);
        IntVector b = Lanes.loadBits(keys, second, tail);
        Lanes.storeBits(a.min(b), keys, first, tail);
        Lanes.storeBits(a.max(b), keys, second, tail);
      }
    }
  }

  @Override
  public void split(
      MemorySegment keys, MemorySegment choices, MemorySegment parents, MemorySegment scores) {
    int n = Extents.floats(keys);
    Extents.checkFloats("the choices", choices, n);
    Extents.checkFloats("the parents", parents, n);
    Extents.checkFloats("the scores", scores, n);
    int i = 0;
    for (; i < INTS.loopBound(n); i += COUNT) {
      IntVector key = Lanes.loadBits(keys, i);
      IntVector choice = key.and(CHOICE);
      Lanes.storeBits(choice, choices, i);
      Lanes.storeBits(choice.lanewise(VectorOperators.LSHR, 1), parents, i);
      Lanes.storeBits(key.and(~CHOICE), scores, i);
    }
    if (i < n) {
      VectorMask<Integer> tail = INTS.indexInRange(i, n);
      IntVector key = Lanes.loadBits(keys, i, tail);
      IntVector choice = key.and(CHOICE);
      Lanes.storeBits(choice, choices, i, tail);
      Lanes.storeBits(choice.lanewise(VectorOperators.LSHR, 1), parents, i, tail);
      Lanes.storeBits(key.and(~CHOICE), scores, i, tail);
    }
  }

  @Override
  public void pick(MemorySegment choices, MemorySegment table, MemorySegment out) {
    int lanes = Extents.table(choices, table, out);
    int rows = lanes == 0 ? 0 : Extents.floats(table) / lanes;
    int i = 0;
    for (; i < INTS.loopBound(lanes); i += COUNT) {
      IntVector choice = Lanes.loadBits(choices, i);
      IntVector picked = Lanes.loadBits(table, i);
      for (int row = 1; row < rows; row++) {
        VectorMask<Integer> chosen = choice.compare(VectorOperators.EQ, row);
        picked = picked.blend(Lanes.loadBits(table, row * lanes + i), chosen);
      }
      Lanes.storeBits(picked, out, i);
    }
    for (; i < lanes; i++) {
      int row = choices.getAtIndex(JAVA_INT, i);
      out.setAtIndex(JAVA_INT, i, table.getAtIndex(JAVA_INT, (long) row * lanes + i));
    }
  }

  @Override
  public void extend(
      MemorySegment before,
      MemorySegment parents,
      MemorySegment errors,
      MemorySegment factors,
      int ways,
      MemorySegment after) {
    int lanes = Extents.waysOf(before, parents, errors, factors, ways, after);
    new WayExtension(before, parents, errors, factors, ways, lanes, after).run();
  }
}
