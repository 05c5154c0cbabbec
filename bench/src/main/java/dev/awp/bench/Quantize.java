// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.scalar.ScalarExp;
import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Threads;

/** Round to nearest on a 4-bit grid of groups of 128: range, scale and values of every group. */
public class Quantize extends StreamingBenchmark {
  private static final int GROUP = 128;
  private static final int MAX_CODE = 15;

  /** Elements whose groups are fitted and then rounded, as in the projection of a row. */
  private static final int SPAN = 1024;

  private Row values;
  private Row out;
  private MemorySegment low;
  private MemorySegment high;

  @Override
  protected void allocate() {
    values = gaussian(1);
    out = zeros();
    int groups = Math.ceilDiv(Math.min(n, SPAN), GROUP);
    low = arena.allocate(JAVA_FLOAT, groups);
    high = arena.allocate(JAVA_FLOAT, groups);
  }

  @Benchmark
  @Traffic(8)
  public MemorySegment int4Group128() {
    for (int from = 0; from < n; from += SPAN) {
      int to = Math.min(n, from + SPAN);
      if (isPlain()) {
        plainSpan(values.array(), from, to, out.array());
      } else {
        kernelSpan(4L * from, 4L * (to - from));
      }
    }
    return out.segment();
  }

  @Benchmark
  @Traffic(8)
  @Threads(Threads.MAX)
  public MemorySegment int4Group128AllThreads() {
    return int4Group128();
  }

  private void kernelSpan(long offset, long bytes) {
    MemorySegment x = values.segment().asSlice(offset, bytes);
    MemorySegment to = out.segment().asSlice(offset, bytes);
    long ranges = Math.ceilDiv(bytes, 4L * GROUP) * Float.BYTES;
    kernels.grid().groupRange(x, GROUP, low.asSlice(0, ranges), high.asSlice(0, ranges));
    int g = 0;
    for (long at = 0; at < bytes; at += 4L * GROUP) {
      float least = low.getAtIndex(JAVA_FLOAT, g);
      float scale = scale(least, high.getAtIndex(JAVA_FLOAT, g++));
      long size = Math.min(4L * GROUP, bytes - at);
      float zero = zeroPoint(least, scale);
      kernels
          .grid()
          .quantizeDequantize(x.asSlice(at, size), scale, zero, MAX_CODE, to.asSlice(at, size));
    }
  }

  private static void plainSpan(float[] x, int from, int to, float[] out) {
    for (int start = from; start < to; start += GROUP) {
      int end = Math.min(to, start + GROUP);
      float smallest = Float.POSITIVE_INFINITY;
      float largest = Float.NEGATIVE_INFINITY;
      for (int i = start; i < end; i++) {
        smallest = Math.min(smallest, x[i]);
        largest = Math.max(largest, x[i]);
      }
      float scale = scale(smallest, largest);
      float zero = zeroPoint(smallest, scale);
      float least = -zero;
      float most = MAX_CODE - zero;
      for (int i = start; i < end; i++) {
        float steps = Math.min(most, Math.max(least, x[i] / scale));
        out[i] = ((steps + ScalarExp.ROUNDER) - ScalarExp.ROUNDER) * scale;
      }
    }
  }

  private static float scale(float low, float high) {
    return (Math.max(high, 0) - Math.min(low, 0)) / MAX_CODE;
  }

  private static float zeroPoint(float low, float scale) {
    return (float) Math.rint(-Math.min(low, 0) / scale);
  }
}
