// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.scalar;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.Extents;
import dev.awp.kernel.NetworkKernels;
import java.lang.foreign.MemorySegment;

/** The pieces of the forward pass, defined element by element. */
public final class ScalarNetwork implements NetworkKernels {
  /** 2 sqrt(2 / pi). */
  public static final float GELU_LINEAR = 1.595769f;

  /** 2 sqrt(2 / pi) * 0.044715. */
  public static final float GELU_CUBIC = 0.07135481f;

  ScalarNetwork() {}

  @Override
  public void rmsNorm(MemorySegment x, MemorySegment weight, float epsilon, MemorySegment out) {
    int n = Extents.floats(x);
    Extents.checkFloats("weight", weight, n);
    Extents.checkFloats("the output", out, n);
    double sum = 0;
    for (int i = 0; i < n; i++) {
      double value = x.getAtIndex(JAVA_FLOAT, i);
      sum += value * value;
    }
    float factor = (float) (1 / Math.sqrt(sum / n + epsilon));
    for (int i = 0; i < n; i++) {
      float normed = x.getAtIndex(JAVA_FLOAT, i) * factor;
      out.setAtIndex(JAVA_FLOAT, i, normed * weight.getAtIndex(JAVA_FLOAT, i));
    }
  }

  @Override
  public void layerNorm(MemorySegment x, MemorySegment weight, float epsilon, MemorySegment out) {
    int n = Extents.floats(x);
    Extents.checkFloats("weight", weight, n);
    Extents.checkFloats("the output", out, n);
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += x.getAtIndex(JAVA_FLOAT, i);
    }
    float mean = (float) (sum / n);
    double squares = 0;
    for (int i = 0; i < n; i++) {
      double value = x.getAtIndex(JAVA_FLOAT, i) - mean;
      squares += value * value;
    }
    float factor = (float) (1 / Math.sqrt(squares / n + epsilon));
    for (int i = 0; i < n; i++) {
      float normed = (x.getAtIndex(JAVA_FLOAT, i) - mean) * factor;
      out.setAtIndex(JAVA_FLOAT, i, normed * weight.getAtIndex(JAVA_FLOAT, i));
    }
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
    for (int i = 0; i < n; i++) {
      float value = values.getAtIndex(JAVA_FLOAT, i);
      float sum = 0;
      for (int k = 0; k < count; k++) {
        long at = (long) k * n + i;
        float decayed = decay * state.getAtIndex(JAVA_FLOAT, at);
        float next = Math.fma(keys.getAtIndex(JAVA_FLOAT, k), value, decayed);
        state.setAtIndex(JAVA_FLOAT, at, next);
        sum = Math.fma(queries.getAtIndex(JAVA_FLOAT, k), next, sum);
      }
      out.setAtIndex(JAVA_FLOAT, i, sum);
    }
  }

  @Override
  public void readState(MemorySegment state, MemorySegment keys, MemorySegment out) {
    int n = Extents.values(state, keys, out, keys, out);
    int count = Extents.floats(keys);
    for (int i = 0; i < n; i++) {
      float sum = 0;
      for (int k = 0; k < count; k++) {
        sum =
            Math.fma(
                keys.getAtIndex(JAVA_FLOAT, k),
                state.getAtIndex(JAVA_FLOAT, (long) k * n + i),
                sum);
      }
      out.setAtIndex(JAVA_FLOAT, i, sum);
    }
  }

  @Override
  public void softmax(MemorySegment x, float factor) {
    int n = Extents.floats(x);
    float max = max(x, n);
    double sum = 0;
    for (int i = 0; i < n; i++) {
      float e = ScalarExp.exp(factor * (x.getAtIndex(JAVA_FLOAT, i) - max));
      x.setAtIndex(JAVA_FLOAT, i, e);
      sum += e;
    }
    float inverse = (float) (1 / sum);
    for (int i = 0; i < n; i++) {
      x.setAtIndex(JAVA_FLOAT, i, x.getAtIndex(JAVA_FLOAT, i) * inverse);
    }
  }

  @Override
  public double logSumExp(MemorySegment x) {
    int n = Extents.floats(x);
    float max = max(x, n);
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += ScalarExp.exp(x.getAtIndex(JAVA_FLOAT, i) - max);
    }
    return max + Math.log(sum);
  }

  private static float max(MemorySegment x, int n) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      float value = x.getAtIndex(JAVA_FLOAT, i);
      max = value > max ? value : max;
    }
    return max;
  }

  @Override
  public void swiGlu(MemorySegment gate, MemorySegment up, MemorySegment out) {
    int n = Extents.floats(gate);
    Extents.checkFloats("up", up, n);
    Extents.checkFloats("the output", out, n);
    for (int i = 0; i < n; i++) {
      float g = gate.getAtIndex(JAVA_FLOAT, i);
      float silu = g / (1f + ScalarExp.exp(-g));
      out.setAtIndex(JAVA_FLOAT, i, silu * up.getAtIndex(JAVA_FLOAT, i));
    }
  }

  @Override
  public void glu(MemorySegment gate, MemorySegment up, MemorySegment out) {
    int n = Extents.floats(gate);
    Extents.checkFloats("up", up, n);
    Extents.checkFloats("the output", out, n);
    for (int i = 0; i < n; i++) {
      float divisor = 1f + ScalarExp.exp(-gate.getAtIndex(JAVA_FLOAT, i));
      out.setAtIndex(JAVA_FLOAT, i, up.getAtIndex(JAVA_FLOAT, i) / divisor);
    }
  }

  @Override
  public void clampedSwiGlu(
      MemorySegment gate, MemorySegment up, float alpha, float limit, MemorySegment out) {
    int n = Extents.floats(gate);
    Extents.checkFloats("up", up, n);
    Extents.checkFloats("the output", out, n);
    for (int i = 0; i < n; i++) {
      float g = Math.min(gate.getAtIndex(JAVA_FLOAT, i), limit);
      float u = Math.min(Math.max(up.getAtIndex(JAVA_FLOAT, i), -limit), limit);
      float gated = g / (1f + ScalarExp.exp(-(g * alpha)));
      out.setAtIndex(JAVA_FLOAT, i, gated * (u + 1f));
    }
  }

  @Override
  public void squaredReGlu(MemorySegment gate, MemorySegment up, MemorySegment out) {
    int n = Extents.floats(gate);
    Extents.checkFloats("up", up, n);
    Extents.checkFloats("the output", out, n);
    for (int i = 0; i < n; i++) {
      float g = Math.max(gate.getAtIndex(JAVA_FLOAT, i), 0f);
      out.setAtIndex(JAVA_FLOAT, i, g * g * up.getAtIndex(JAVA_FLOAT, i));
    }
  }

  @Override
  public void geGlu(MemorySegment gate, MemorySegment up, MemorySegment out) {
    int n = Extents.floats(gate);
    Extents.checkFloats("up", up, n);
    Extents.checkFloats("the output", out, n);
    for (int i = 0; i < n; i++) {
      float g = gate.getAtIndex(JAVA_FLOAT, i);
      float argument = Math.fma(g * g, GELU_CUBIC, GELU_LINEAR) * g;
      float gelu = g / (1f + ScalarExp.exp(-argument));
      out.setAtIndex(JAVA_FLOAT, i, gelu * up.getAtIndex(JAVA_FLOAT, i));
    }
  }

  @Override
  public void softCap(MemorySegment x, float factor, float cap) {
    int n = Extents.floats(x);
    float inner = factor / cap;
    for (int i = 0; i < n; i++) {
      float capped = ScalarTanh.tanh(x.getAtIndex(JAVA_FLOAT, i) * inner) * cap;
      x.setAtIndex(JAVA_FLOAT, i, capped);
    }
  }

  @Override
  public void rotate(MemorySegment x, MemorySegment cos, MemorySegment sin) {
    int half = Extents.floats(cos);
    Extents.checkFloats("sin", sin, half);
    Extents.checkFloats("x", x, 2 * half);
    for (int i = 0; i < half; i++) {
      float first = x.getAtIndex(JAVA_FLOAT, i);
      float second = x.getAtIndex(JAVA_FLOAT, half + i);
      float c = cos.getAtIndex(JAVA_FLOAT, i);
      float s = sin.getAtIndex(JAVA_FLOAT, i);
      x.setAtIndex(JAVA_FLOAT, i, Math.fma(first, c, -(second * s)));
      x.setAtIndex(JAVA_FLOAT, half + i, Math.fma(second, c, first * s));
    }
  }
}
