// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.vector;

import static dev.awp.kernel.vector.Lanes.COUNT;
import static dev.awp.kernel.vector.Lanes.DOUBLES;
import static dev.awp.kernel.vector.Lanes.FLOATS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.Extents;
import dev.awp.kernel.NetworkKernels;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** The pieces of the forward pass on whole vectors. */
final class VectorNetwork implements NetworkKernels {
  @Override
  public void rmsNorm(MemorySegment x, MemorySegment weight, float epsilon, MemorySegment out) {
    int n = Extents.floats(x);
    Extents.checkFloats("weight", weight, n);
    Extents.checkFloats("the output", out, n);
    float factor = (float) (1 / Math.sqrt(sumOfSquares(x, n, 0) / n + epsilon));
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      Lanes.store(Lanes.load(x, i).mul(factor).mul(Lanes.load(weight, i)), out, i);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      FloatVector normed = Lanes.load(x, i, tail).mul(factor);
      Lanes.store(normed.mul(Lanes.load(weight, i, tail)), out, i, tail);
    }
  }

  @Override
  public void layerNorm(MemorySegment x, MemorySegment weight, float epsilon, MemorySegment out) {
    int n = Extents.floats(x);
    Extents.checkFloats("weight", weight, n);
    Extents.checkFloats("the output", out, n);
    float mean = (float) (sum(x, n) / n);
    float factor = (float) (1 / Math.sqrt(sumOfSquares(x, n, mean) / n + epsilon));
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      FloatVector normed = Lanes.load(x, i).sub(mean).mul(factor);
      Lanes.store(normed.mul(Lanes.load(weight, i)), out, i);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      FloatVector normed = Lanes.load(x, i, tail).sub(mean).mul(factor);
      Lanes.store(normed.mul(Lanes.load(weight, i, tail)), out, i, tail);
    }
  }

  private static double sum(MemorySegment x, int n) {
    DoubleVector low = DoubleVector.zero(DOUBLES);
    DoubleVector high = DoubleVector.zero(DOUBLES);
    for (int i = 0; i < n; i += COUNT) {
      FloatVector v =
          i <= n - COUNT ? Lanes.load(x, i) : Lanes.load(x, i, FLOATS.indexInRange(i, n));
      low = Lanes.widen(v, 0).add(low);
      high = Lanes.widen(v, 1).add(high);
    }
    return Sums.ofLanes(low.add(high));
  }

  /** The sum of (x - shift)^2. */
  private static double sumOfSquares(MemorySegment x, int n, float shift) {
    DoubleVector low = DoubleVector.zero(DOUBLES);
    DoubleVector high = DoubleVector.zero(DOUBLES);
    for (int i = 0; i < n; i += COUNT) {
      FloatVector v = i <= n - COUNT ? Lanes.load(x, i).sub(shift) : shiftedTail(x, i, n, shift);
      DoubleVector first = Lanes.widen(v, 0);
      DoubleVector second = Lanes.widen(v, 1);
      low = first.mul(first).add(low);
      high = second.mul(second).add(high);
    }
    return Sums.ofLanes(low.add(high));
  }

  private static FloatVector shiftedTail(MemorySegment x, int i, int n, float shift) {
    VectorMask<Float> tail = FLOATS.indexInRange(i, n);
    return Lanes.load(x, i, tail).sub(shift, tail);
  }

  @Override
  public void advanceState(
      MemorySegment state,
      float decay,
      MemorySegment keys,
      MemorySegment values,
      MemorySegment queries,
      MemorySegment out) {
    int n = Extents.values(state, keys, values, queries, out);
    int count = Extents.floats(keys);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      FloatVector value = Lanes.load(values, i);
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int k = 0, at = i; k < count; k++, at += n) {
        FloatVector key = FloatVector.broadcast(FLOATS, keys.getAtIndex(JAVA_FLOAT, k));
        FloatVector next = key.fma(value, Lanes.load(state, at).mul(decay));
        Lanes.store(next, state, at);
        sum = FloatVector.broadcast(FLOATS, queries.getAtIndex(JAVA_FLOAT, k)).fma(next, sum);
      }
      Lanes.store(sum, out, i);
    }
    if (i < n) {
      advanceTail(state, decay, keys, values, queries, out, i);
    }
  }

  /** The columns of the last, partial vector. */
  private static void advanceTail(
      MemorySegment state,
      float decay,
      MemorySegment keys,
      MemorySegment values,
      MemorySegment queries,
      MemorySegment out,
      int i) {
    int n = Extents.floats(values);
    int count = Extents.floats(keys);
    VectorMask<Float> tail = FLOATS.indexInRange(i, n);
    FloatVector value = Lanes.load(values, i, tail);
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int k = 0, at = i; k < count; k++, at += n) {
      FloatVector key = FloatVector.broadcast(FLOATS, keys.getAtIndex(JAVA_FLOAT, k));
      FloatVector next = key.fma(value, Lanes.load(state, at, tail).mul(decay));
      Lanes.store(next, state, at, tail);
      sum = FloatVector.broadcast(FLOATS, queries.getAtIndex(JAVA_FLOAT, k)).fma(next, sum);
    }
    Lanes.store(sum, out, i, tail);
  }

  @Override
  public void readState(MemorySegment state, MemorySegment keys, MemorySegment out) {
    int n = Extents.values(state, keys, out, keys, out);
    int count = Extents.floats(keys);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int k = 0, at = i; k < count; k++, at += n) {
        FloatVector key = FloatVector.broadcast(FLOATS, keys.getAtIndex(JAVA_FLOAT, k));
        sum = key.fma(Lanes.load(state, at), sum);
      }
      Lanes.store(sum, out, i);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int k = 0, at = i; k < count; k++, at += n) {
        FloatVector key = FloatVector.broadcast(FLOATS, keys.getAtIndex(JAVA_FLOAT, k));
        sum = key.fma(Lanes.load(state, at, tail), sum);
      }
      Lanes.store(sum, out, i, tail);
    }
  }

  @Override
  public void softmax(MemorySegment x, float factor) {
    int n = Extents.floats(x);
    float max = max(x, n);
    multiplyAll(x, n, (float) (1 / exponentials(x, n, max, factor)));
  }

  /** Puts exp((x - max) factor) into x and returns the sum. */
  private static double exponentials(MemorySegment x, int n, float max, float factor) {
    DoubleVector low = DoubleVector.zero(DOUBLES);
    DoubleVector high = DoubleVector.zero(DOUBLES);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      FloatVector e = VectorExp.exp(Lanes.load(x, i).sub(max).mul(factor));
      Lanes.store(e, x, i);
      low = low.add(Lanes.widen(e, 0));
      high = high.add(Lanes.widen(e, 1));
    }
    return Sums.ofLanes(low.add(high)) + (i < n ? softmaxTail(x, i, n, max, factor) : 0);
  }

  /**
   * The last, partial vector. A method of its own, here and below: a loop with two copies of exp is
   * too large for the JIT to keep its vectors in registers.
   */
  private static double softmaxTail(MemorySegment x, int i, int n, float max, float factor) {
    VectorMask<Float> tail = FLOATS.indexInRange(i, n);
    FloatVector e = VectorExp.exp(Lanes.load(x, i, tail).sub(max).mul(factor));
    e = FloatVector.zero(FLOATS).blend(e, tail);
    Lanes.store(e, x, i, tail);
    return Sums.ofLanes(Lanes.widen(e, 0).add(Lanes.widen(e, 1)));
  }

  private static void multiplyAll(MemorySegment x, int n, float factor) {
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      Lanes.store(Lanes.load(x, i).mul(factor), x, i);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      Lanes.store(Lanes.load(x, i, tail).mul(factor), x, i, tail);
    }
  }

  @Override
  public double logSumExp(MemorySegment x) {
    int n = Extents.floats(x);
    float max = max(x, n);
    return max + Math.log(sumOfExponentials(x, n, max));
  }

  private static double sumOfExponentials(MemorySegment x, int n, float max) {
    DoubleVector low = DoubleVector.zero(DOUBLES);
    DoubleVector high = DoubleVector.zero(DOUBLES);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      FloatVector e = VectorExp.exp(Lanes.load(x, i).sub(max));
      low = low.add(Lanes.widen(e, 0));
      high = high.add(Lanes.widen(e, 1));
    }
    return Sums.ofLanes(low.add(high)) + (i < n ? expTail(x, i, n, max) : 0);
  }

  private static double expTail(MemorySegment x, int i, int n, float max) {
    VectorMask<Float> tail = FLOATS.indexInRange(i, n);
    FloatVector e = VectorExp.exp(Lanes.load(x, i, tail).sub(max));
    e = FloatVector.zero(FLOATS).blend(e, tail);
    return Sums.ofLanes(Lanes.widen(e, 0).add(Lanes.widen(e, 1)));
  }

  private static float max(MemorySegment x, int n) {
    FloatVector largest = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      FloatVector v = Lanes.load(x, i);
      largest = largest.blend(v, v.compare(VectorOperators.GT, largest));
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      FloatVector v = Lanes.load(x, i, tail);
      largest = largest.blend(v, v.compare(VectorOperators.GT, largest).and(tail));
    }
    return largest.reduceLanes(VectorOperators.MAX);
  }

  @Override
  public void swiGlu(MemorySegment gate, MemorySegment up, MemorySegment out) {
    VectorActivations.swiGlu(gate, up, out);
  }

  @Override
  public void glu(MemorySegment gate, MemorySegment up, MemorySegment out) {
    VectorActivations.glu(gate, up, out);
  }

  @Override
  public void clampedSwiGlu(
      MemorySegment gate, MemorySegment up, float alpha, float limit, MemorySegment out) {
    VectorActivations.clampedSwiGlu(gate, up, alpha, limit, out);
  }

  @Override
  public void squaredReGlu(MemorySegment gate, MemorySegment up, MemorySegment out) {
    VectorActivations.squaredReGlu(gate, up, out);
  }

  @Override
  public void geGlu(MemorySegment gate, MemorySegment up, MemorySegment out) {
    VectorActivations.geGlu(gate, up, out);
  }

  @Override
  public void softCap(MemorySegment x, float factor, float cap) {
    VectorActivations.softCap(x, factor, cap);
  }

  @Override
  public void rotate(MemorySegment x, MemorySegment cos, MemorySegment sin) {
    int half = Extents.floats(cos);
    Extents.checkFloats("sin", sin, half);
    Extents.checkFloats("x", x, 2 * half);
    int i = 0;
    for (; i < FLOATS.loopBound(half); i += COUNT) {
      FloatVector first = Lanes.load(x, i);
      FloatVector second = Lanes.load(x, half + i);
      FloatVector c = Lanes.load(cos, i);
      FloatVector s = Lanes.load(sin, i);
      Lanes.store(first.fma(c, second.mul(s).neg()), x, i);
      Lanes.store(second.fma(c, first.mul(s)), x, half + i);
    }
    if (i < half) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, half);
      FloatVector first = Lanes.load(x, i, tail);
      FloatVector second = Lanes.load(x, half + i, tail);
      FloatVector c = Lanes.load(cos, i, tail);
      FloatVector s = Lanes.load(sin, i, tail);
      Lanes.store(first.fma(c, second.mul(s).neg()), x, i, tail);
      Lanes.store(second.fma(c, first.mul(s)), x, half + i, tail);
    }
  }
}
