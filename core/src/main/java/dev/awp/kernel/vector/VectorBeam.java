// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.vector;

import static dev.awp.kernel.vector.Lanes.COUNT;
import static dev.awp.kernel.vector.Lanes.FLOATS;
import static dev.awp.kernel.vector.Lanes.INTS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
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
    for (int way = 0; way < ways; way++) {
      int i = 0;
      for (; i < FLOATS.loopBound(lanes); i += COUNT) {
        switch (ways) {
          case 4 -> extendFour(before, parents, errors, factors, way, lanes, i, after);
          case 8 -> extendEight(before, parents, errors, factors, way, lanes, i, after);
          default -> extendAny(before, parents, errors, factors, way, ways, lanes, i, after);
        }
      }
      for (; i < lanes; i++) {
        extendOne(before, parents, errors, factors, way, ways, lanes, i, after);
      }
    }
  }

  /** The parent's bits choose between pairs of ways, and between what was chosen before. */
  private static void extendFour(
      MemorySegment before,
      MemorySegment parents,
      MemorySegment errors,
      MemorySegment factors,
      int way,
      int lanes,
      int i,
      MemorySegment after) {
    IntVector parent = Lanes.loadBits(parents, way * lanes + i);
    FloatVector e = Lanes.load(errors, way * lanes + i);
    VectorMask<Float> odd = bit(parent, 1);
    VectorMask<Float> upper = bit(parent, 2);
    int n = Extents.floats(factors);
    for (int k = 0; k < n; k++) {
      int row = k * 4 * lanes + i;
      FloatVector first = either(before, row, lanes, odd);
      FloatVector value = first.blend(either(before, row + 2 * lanes, lanes, odd), upper);
      FloatVector factor = FloatVector.broadcast(FLOATS, factors.getAtIndex(JAVA_FLOAT, k));
      Lanes.store(factor.fma(e, value), after, row + way * lanes);
    }
  }

  private static void extendEight(
      MemorySegment before,
      MemorySegment parents,
      MemorySegment errors,
      MemorySegment factors,
      int way,
      int lanes,
      int i,
      MemorySegment after) {
    IntVector parent = Lanes.loadBits(parents, way * lanes + i);
    FloatVector e = Lanes.load(errors, way * lanes + i);
    VectorMask<Float> odd = bit(parent, 1);
    VectorMask<Float> upper = bit(parent, 2);
    VectorMask<Float> last = bit(parent, 4);
    int n = Extents.floats(factors);
    for (int k = 0; k < n; k++) {
      int row = k * 8 * lanes + i;
      FloatVector first = either(before, row, lanes, odd);
      first = first.blend(either(before, row + 2 * lanes, lanes, odd), upper);
      FloatVector second = either(before, row + 4 * lanes, lanes, odd);
      second = second.blend(either(before, row + 6 * lanes, lanes, odd), upper);
      FloatVector factor = FloatVector.broadcast(FLOATS, factors.getAtIndex(JAVA_FLOAT, k));
      Lanes.store(factor.fma(e, first.blend(second, last)), after, row + way * lanes);
    }
  }

  private static VectorMask<Float> bit(IntVector parent, int bit) {
    return parent.and(bit).compare(VectorOperators.NE, 0).cast(FLOATS);
  }

  private static FloatVector either(
      MemorySegment before, int row, int lanes, VectorMask<Float> second) {
    return Lanes.load(before, row).blend(Lanes.load(before, row + lanes), second);
  }

  private static void extendAny(
      MemorySegment before,
      MemorySegment parents,
      MemorySegment errors,
      MemorySegment factors,
      int way,
      int ways,
      int lanes,
      int i,
      MemorySegment after) {
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
      FloatVector factor = FloatVector.broadcast(FLOATS, factors.getAtIndex(JAVA_FLOAT, k));
      Lanes.store(factor.fma(e, value), after, row + way * lanes);
    }
  }

  private static void extendOne(
      MemorySegment before,
      MemorySegment parents,
      MemorySegment errors,
      MemorySegment factors,
      int way,
      int ways,
      int lanes,
      int i,
      MemorySegment after) {
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
}
