// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Threads;

/** The gradient step t + eta g, and the sums of the objective. */
public class Update extends StreamingBenchmark {
  private static final float ETA = 0.125f;

  private Row t;
  private Row g;
  private Row out;

  @Override
  protected void allocate() {
    t = gaussian(1);
    g = gaussian(2);
    out = zeros();
  }

  @Benchmark
  @Traffic(12)
  public MemorySegment fusedUpdate() {
    if (isPlain()) {
      multiplyAdd(ETA, g.array(), t.array(), out.array());
    } else {
      kernels.arithmetic().multiplyAdd(ETA, g.segment(), t.segment(), out.segment());
    }
    return out.segment();
  }

  @Benchmark
  @Traffic(12)
  @Threads(Threads.MAX)
  public MemorySegment fusedUpdateAllThreads() {
    return fusedUpdate();
  }

  @Benchmark
  @Traffic(8)
  public double dot() {
    return isPlain()
        ? dot(t.array(), g.array())
        : kernels.arithmetic().dot(t.segment(), g.segment());
  }

  static void multiplyAdd(float factor, float[] x, float[] y, float[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = Math.fma(factor, x[i], y[i]);
    }
  }

  static double dot(float[] x, float[] y) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += (double) x[i] * y[i];
    }
    return sum;
  }
}
