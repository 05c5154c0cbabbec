// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import static dev.awp.kernel.scalar.ScalarExp.exp;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Benchmark;

/** The row-wise pieces of the forward pass: rows of 4,096 elements, heads of 128. */
public class Network extends StreamingBenchmark {
  private static final int HEAD = 128;
  private static final float EPSILON = 1e-5f;

  private Row x;
  private Row y;
  private Row out;
  private Row weight;
  private Row cos;
  private Row sin;

  @Override
  protected void allocate() {
    x = gaussian(1);
    y = gaussian(2);
    out = zeros();
    weight = Row.gaussian(form, rowLength(), 3, arena);
    cos = Row.zeros(form, HEAD / 2, arena);
    sin = Row.zeros(form, HEAD / 2, arena);
    for (int i = 0; i < HEAD / 2; i++) {
      double angle = 7 * Math.pow(10000, -2.0 * i / HEAD);
      cos.segment().setAtIndex(JAVA_FLOAT, i, (float) Math.cos(angle));
      sin.segment().setAtIndex(JAVA_FLOAT, i, (float) Math.sin(angle));
    }
  }

  @Benchmark
  @Traffic(8)
  public MemorySegment rmsNorm() {
    int length = rowLength();
    for (int from = 0; from < n; from += length) {
      if (isPlain()) {
        rmsNorm(x.array(), from, length, weight.array(), out.array());
      } else {
        kernels
            .network()
            .rmsNorm(slice(x, from, length), weight.segment(), EPSILON, slice(out, from, length));
      }
    }
    return out.segment();
  }

  /** In place: after the first time on probabilities, which takes as long. */
  @Benchmark
  @Traffic(8)
  public MemorySegment softmax() {
    int length = rowLength();
    for (int from = 0; from < n; from += length) {
      if (isPlain()) {
        softmax(x.array(), from, from + length);
      } else {
        kernels.network().softmax(slice(x, from, length), 1f);
      }
    }
    return x.segment();
  }

  @Benchmark
  @Traffic(12)
  public MemorySegment swiGlu() {
    if (isPlain()) {
      swiGlu(x.array(), y.array(), out.array());
    } else {
      kernels.network().swiGlu(x.segment(), y.segment(), out.segment());
    }
    return out.segment();
  }

  /** In place, head by head; a rotation changes no lengths. */
  @Benchmark
  @Traffic(8)
  public MemorySegment rope() {
    for (int from = 0; from < n; from += HEAD) {
      if (isPlain()) {
        rotate(x.array(), from, cos.array(), sin.array());
      } else {
        kernels.network().rotate(slice(x, from, HEAD), cos.segment(), sin.segment());
      }
    }
    return x.segment();
  }

  private static MemorySegment slice(Row row, int from, int length) {
    return row.segment().asSlice(4L * from, 4L * length);
  }

  private static void rmsNorm(float[] x, int from, int length, float[] weight, float[] out) {
    double sum = 0;
    for (int i = 0; i < length; i++) {
      double value = x[from + i];
      sum += value * value;
    }
    float factor = (float) (1 / Math.sqrt(sum / length + EPSILON));
    for (int i = 0; i < length; i++) {
      out[from + i] = x[from + i] * factor * weight[i];
    }
  }

  private static void softmax(float[] x, int from, int to) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = from; i < to; i++) {
      max = Math.max(max, x[i]);
    }
    for (int i = from; i < to; i++) {
      x[i] = exp(x[i] - max);
    }
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += x[i];
    }
    float inverse = (float) (1 / sum);
    for (int i = from; i < to; i++) {
      x[i] *= inverse;
    }
  }

  private static void swiGlu(float[] gate, float[] up, float[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = gate[i] / (1f + exp(-gate[i])) * up[i];
    }
  }

  private static void rotate(float[] x, int from, float[] cos, float[] sin) {
    int half = cos.length;
    for (int i = 0; i < half; i++) {
      float first = x[from + i];
      float second = x[from + half + i];
      x[from + i] = Math.fma(first, cos[i], -(second * sin[i]));
      x[from + half + i] = Math.fma(second, cos[i], first * sin[i]);
    }
  }
}
