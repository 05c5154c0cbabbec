// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Threads;

/**
 * Stored element types to float32, from an odd byte offset as safetensors files may have it; the
 * plain form reads an array of short, which has none.
 */
public class Decode extends StreamingBenchmark {
  private static final ValueLayout.OfShort STORED =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private MemorySegment bf16;
  private MemorySegment f16;
  private short[] plainBf16 = {};
  private short[] plainF16 = {};
  private Row out;

  @Override
  protected void allocate() {
    Row values = gaussian(1);
    out = zeros();
    bf16 = arena.allocate(2L * n + 1).asSlice(1);
    f16 = arena.allocate(2L * n + 1).asSlice(1);
    kernels.conversion().encodeBf16(values.segment(), bf16);
    kernels.conversion().encodeF16(values.segment(), f16);
    if (isPlain()) {
      plainBf16 = bf16.toArray(STORED);
      plainF16 = f16.toArray(STORED);
    }
  }

  @Benchmark
  @Traffic(6)
  public MemorySegment bf16() {
    if (isPlain()) {
      decodeBf16(plainBf16, out.array());
    } else {
      kernels.conversion().decodeBf16(bf16, out.segment());
    }
    return out.segment();
  }

  @Benchmark
  @Traffic(6)
  @Threads(Threads.MAX)
  public MemorySegment bf16AllThreads() {
    return bf16();
  }

  @Benchmark
  @Traffic(6)
  public MemorySegment f16() {
    if (isPlain()) {
      decodeF16(plainF16, out.array());
    } else {
      kernels.conversion().decodeF16(f16, out.segment());
    }
    return out.segment();
  }

  private static void decodeBf16(short[] from, float[] to) {
    for (int i = 0; i < to.length; i++) {
      to[i] = Float.intBitsToFloat(from[i] << 16);
    }
  }

  private static void decodeF16(short[] from, float[] to) {
    for (int i = 0; i < to.length; i++) {
      to[i] = Float.float16ToFloat(from[i]);
    }
  }
}
