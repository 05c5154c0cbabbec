// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The machine's memory bandwidth, as STREAM measures it: copy and triad, each thread on memory of
 * its own ({@link Bandwidth}).
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 400, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 8, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public class MemoryBandwidth {
  @Param({"4096", "16777216"})
  public int n = 4096;

  private Arena arena;
  private MemorySegment from;
  private MemorySegment to;
  private float[] x;
  private float[] y;
  private float[] sum;

  @Setup(Level.Trial)
  @SuppressWarnings("MustBeClosed") // closed by tearDown
  public void setUp() {
    arena = Arena.ofShared();
    from = arena.allocate(4L * n, 64);
    to = arena.allocate(4L * n, 64);
    Row.fill(from, 1);
    Row.fill(to, 2);
    x = new float[n];
    y = new float[n];
    sum = new float[n];
    Row.fill(MemorySegment.ofArray(x), 3);
    Row.fill(MemorySegment.ofArray(y), 4);
  }

  @TearDown(Level.Trial)
  public void tearDown() {
    arena.close();
  }

  @Benchmark
  @Traffic(8)
  public MemorySegment copy() {
    return to.copyFrom(from);
  }

  @Benchmark
  @Traffic(8)
  @Threads(Threads.MAX)
  public MemorySegment copyAllThreads() {
    return copy();
  }

  @Benchmark
  @Traffic(12)
  public float[] triad() {
    for (int i = 0; i < sum.length; i++) {
      sum[i] = Math.fma(3f, y[i], x[i]);
    }
    return sum;
  }

  @Benchmark
  @Traffic(12)
  @Threads(Threads.MAX)
  public float[] triadAllThreads() {
    return triad();
  }
}
