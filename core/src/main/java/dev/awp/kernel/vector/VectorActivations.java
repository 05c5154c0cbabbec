// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.vector;

import static dev.awp.kernel.vector.Lanes.COUNT;
import static dev.awp.kernel.vector.Lanes.FLOATS;

import dev.awp.kernel.Extents;
import dev.awp.kernel.scalar.ScalarNetwork;
import dev.awp.kernel.scalar.ScalarTanh;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * The element-wise functions of the forward pass on whole vectors. The last, partial vector of each
 * has a method of its own: a loop with two copies of exp is too large for the JIT to keep its
 * vectors in registers.
 */
final class VectorActivations {
  private VectorActivations() {}

  static void swiGlu(MemorySegment gate, MemorySegment up, MemorySegment out) {
    int n = checked(gate, up, out);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      Lanes.store(silu(Lanes.load(gate, i)).mul(Lanes.load(up, i)), out, i);
    }
    if (i < n) {
      swiGluTail(gate, up, out, i, n);
    }
  }

  private static int checked(MemorySegment gate, MemorySegment up, MemorySegment out) {
    int n = Extents.floats(gate);
    Extents.checkFloats("up", up, n);
    Extents.checkFloats("the output", out, n);
    return n;
  }

  private static void swiGluTail(
      MemorySegment gate, MemorySegment up, MemorySegment out, int i, int n) {
    VectorMask<Float> tail = FLOATS.indexInRange(i, n);
    FloatVector silu = silu(Lanes.load(gate, i, tail));
    Lanes.store(silu.mul(Lanes.load(up, i, tail)), out, i, tail);
  }

  private static FloatVector silu(FloatVector g) {
    return gated(g, g);
  }

  static void glu(MemorySegment gate, MemorySegment up, MemorySegment out) {
    int n = checked(gate, up, out);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      Lanes.store(gated(Lanes.load(gate, i), Lanes.load(up, i)), out, i);
    }
    if (i < n) {
      gluTail(gate, up, out, i, n);
    }
  }

  private static void gluTail(
      MemorySegment gate, MemorySegment up, MemorySegment out, int i, int n) {
    VectorMask<Float> tail = FLOATS.indexInRange(i, n);
    Lanes.store(gated(Lanes.load(gate, i, tail), Lanes.load(up, i, tail)), out, i, tail);
  }

  private static FloatVector gated(FloatVector gate, FloatVector up) {
    return up.div(VectorExp.exp(gate.neg()).add(1f));
  }

  static void clampedSwiGlu(
      MemorySegment gate, MemorySegment up, float alpha, float limit, MemorySegment out) {
    int n = checked(gate, up, out);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      Lanes.store(clamped(Lanes.load(gate, i), Lanes.load(up, i), alpha, limit), out, i);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      FloatVector gated = clamped(Lanes.load(gate, i, tail), Lanes.load(up, i, tail), alpha, limit);
      Lanes.store(gated, out, i, tail);
    }
  }

  private static FloatVector clamped(FloatVector gate, FloatVector up, float alpha, float limit) {
    FloatVector g = gate.min(limit);
    FloatVector u = up.max(-limit).min(limit);
    return g.div(VectorExp.exp(g.mul(alpha).neg()).add(1f)).mul(u.add(1f));
  }

  static void squaredReGlu(MemorySegment gate, MemorySegment up, MemorySegment out) {
    int n = checked(gate, up, out);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      Lanes.store(squaredRelu(Lanes.load(gate, i)).mul(Lanes.load(up, i)), out, i);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      FloatVector squared = squaredRelu(Lanes.load(gate, i, tail));
      Lanes.store(squared.mul(Lanes.load(up, i, tail)), out, i, tail);
    }
  }

  private static FloatVector squaredRelu(FloatVector gate) {
    FloatVector g = gate.max(0f);
    return g.mul(g);
  }

  static void geGlu(MemorySegment gate, MemorySegment up, MemorySegment out) {
    int n = checked(gate, up, out);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      Lanes.store(gelu(Lanes.load(gate, i)).mul(Lanes.load(up, i)), out, i);
    }
    if (i < n) {
      geGluTail(gate, up, out, i, n);
    }
  }

  private static void geGluTail(
      MemorySegment gate, MemorySegment up, MemorySegment out, int i, int n) {
    VectorMask<Float> tail = FLOATS.indexInRange(i, n);
    FloatVector gelu = gelu(Lanes.load(gate, i, tail));
    Lanes.store(gelu.mul(Lanes.load(up, i, tail)), out, i, tail);
  }

  private static FloatVector gelu(FloatVector g) {
    FloatVector cubic = FloatVector.broadcast(FLOATS, ScalarNetwork.GELU_CUBIC);
    FloatVector linear = FloatVector.broadcast(FLOATS, ScalarNetwork.GELU_LINEAR);
    FloatVector argument = g.mul(g).fma(cubic, linear).mul(g);
    return g.div(VectorExp.exp(argument.neg()).add(1f));
  }

  static void softCap(MemorySegment x, float factor, float cap) {
    int n = Extents.floats(x);
    float inner = factor / cap;
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      Lanes.store(tanh(Lanes.load(x, i).mul(inner)).mul(cap), x, i);
    }
    if (i < n) {
      softCapTail(x, inner, cap, i, n);
    }
  }

  private static void softCapTail(MemorySegment x, float inner, float cap, int i, int n) {
    VectorMask<Float> tail = FLOATS.indexInRange(i, n);
    Lanes.store(tanh(Lanes.load(x, i, tail).mul(inner)).mul(cap), x, i, tail);
  }

  /** {@link ScalarTanh#tanh} on every lane, operation by operation. */
  private static FloatVector tanh(FloatVector x) {
    FloatVector s = x.mul(x);
    FloatVector p =
        s.fma(
            FloatVector.broadcast(FLOATS, ScalarTanh.P0),
            FloatVector.broadcast(FLOATS, ScalarTanh.P1));
    p = p.fma(s, FloatVector.broadcast(FLOATS, ScalarTanh.P2));
    p = p.fma(s, FloatVector.broadcast(FLOATS, ScalarTanh.P3));
    p = p.fma(s, FloatVector.broadcast(FLOATS, ScalarTanh.P4));
    FloatVector small = p.mul(s).fma(x, x);
    FloatVector magnitude = x.abs();
    FloatVector exp = VectorExp.exp(magnitude.add(magnitude));
    FloatVector large =
        FloatVector.broadcast(FLOATS, 1f).sub(FloatVector.broadcast(FLOATS, 2f).div(exp.add(1f)));
    large = large.blend(large.neg(), x.compare(VectorOperators.LT, 0f));
    return large.blend(small, magnitude.compare(VectorOperators.LT, ScalarTanh.SMALL));
  }
}
