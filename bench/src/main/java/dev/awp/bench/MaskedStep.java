// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import dev.awp.kernel.ArithmeticKernels;
import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Benchmark;

/** What a step of the masked conjugate gradient does beside its product, and the mask alone. */
public class MaskedStep extends StreamingBenchmark {
  private static final float ALPHA = 1e-3f;

  private Row mask;
  private Row values;
  private Row out;
  private Row t;
  private Row p;
  private Row q;
  private Row r;
  private Row inverse;
  private Row scratch;

  @Override
  protected void allocate() {
    values = gaussian(1);
    mask = zeros();
    kernels.selection().keepLargest(values.segment(), values.segment(), n / 2, mask.segment());
    out = zeros();
    t = gaussian(2);
    p = gaussian(3);
    q = gaussian(4);
    r = gaussian(5);
    inverse = gaussian(6);
    scratch = Row.zeros(form, rowLength(), arena);
  }

  @Benchmark
  @Traffic(12)
  public MemorySegment applyMask() {
    if (isPlain()) {
      applyMask(mask.array(), values.array(), out.array());
    } else {
      kernels.selection().applyMask(mask.segment(), values.segment(), out.segment());
    }
    return out.segment();
  }

  /** Row by row: T, R and P are read and written, Q, mask and diag(C)^-1 read. */
  @Benchmark
  @Traffic(36)
  public MemorySegment step() {
    int length = rowLength();
    for (int from = 0; from < n; from += length) {
      if (isPlain()) {
        plainStep(from, from + length);
      } else {
        kernelStep(from, length);
      }
    }
    return p.segment();
  }

  private void kernelStep(int from, int length) {
    ArithmeticKernels arithmetic = kernels.arithmetic();
    MemorySegment row = slice(r, from, length);
    MemorySegment direction = slice(p, from, length);
    MemorySegment product = slice(q, from, length);
    MemorySegment weights = slice(t, from, length);
    double curvature = arithmetic.dot(direction, product);
    arithmetic.multiplyAdd(ALPHA, direction, weights, weights);
    arithmetic.multiplyAdd(-ALPHA, product, row, row);
    kernels.selection().applyMask(slice(mask, from, length), row, row);
    arithmetic.multiply(row, slice(inverse, from, length), scratch.segment());
    double next = arithmetic.dot(row, scratch.segment());
    float beta = beta(curvature, next);
    arithmetic.multiplyAdd(beta, direction, scratch.segment(), direction);
  }

  private void plainStep(int from, int to) {
    double curvature = 0;
    for (int i = from; i < to; i++) {
      curvature += (double) p.array()[i] * q.array()[i];
    }
    double next = 0;
    for (int i = from; i < to; i++) {
      t.array()[i] = Math.fma(ALPHA, p.array()[i], t.array()[i]);
      float left = Math.fma(-ALPHA, q.array()[i], r.array()[i]);
      left = mask.array()[i] != 0 ? left : 0;
      r.array()[i] = left;
      float scaled = left * inverse.array()[i];
      scratch.array()[i - from] = scaled;
      next += (double) left * scaled;
    }
    float beta = beta(curvature, next);
    for (int i = from; i < to; i++) {
      p.array()[i] = Math.fma(beta, p.array()[i], scratch.array()[i - from]);
    }
  }

  /** Uses both sums and stays near one half, so that repeating the step changes no magnitudes. */
  private static float beta(double curvature, double next) {
    return (float) (0.5 + 1e-9 * curvature / (1 + Math.abs(next)));
  }

  private static MemorySegment slice(Row row, int from, int length) {
    return row.segment().asSlice(4L * from, 4L * length);
  }

  private static void applyMask(float[] mask, float[] values, float[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = mask[i] != 0 ? values[i] : 0;
    }
  }
}
