// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Benchmark;

/** N:M selection, two of four. */
public class Groups extends StreamingBenchmark {
  private Row values;
  private Row out;

  @Override
  protected void allocate() {
    values = gaussian(1);
    out = zeros();
  }

  @Benchmark
  @Traffic(8)
  public MemorySegment twoOfFour() {
    if (isPlain()) {
      twoOfFour(values.array(), out.array());
    } else {
      kernels
          .selection()
          .keepLargestOfGroups(values.segment(), values.segment(), 2, 4, out.segment());
    }
    return out.segment();
  }

  /** A value stays where at most one other comes before it. */
  private static void twoOfFour(float[] x, float[] out) {
    for (int i = 0; i + 3 < out.length; i += 4) {
      float a = Math.abs(x[i]);
      float b = Math.abs(x[i + 1]);
      float c = Math.abs(x[i + 2]);
      float d = Math.abs(x[i + 3]);
      int beforeA = (b > a ? 1 : 0) + (c > a ? 1 : 0) + (d > a ? 1 : 0);
      int beforeB = (a >= b ? 1 : 0) + (c > b ? 1 : 0) + (d > b ? 1 : 0);
      int beforeC = (a >= c ? 1 : 0) + (b >= c ? 1 : 0) + (d > c ? 1 : 0);
      int beforeD = (a >= d ? 1 : 0) + (b >= d ? 1 : 0) + (c >= d ? 1 : 0);
      out[i] = beforeA < 2 ? x[i] : 0;
      out[i + 1] = beforeB < 2 ? x[i + 1] : 0;
      out[i + 2] = beforeC < 2 ? x[i + 2] : 0;
      out[i + 3] = beforeD < 2 ? x[i + 3] : 0;
    }
  }
}
