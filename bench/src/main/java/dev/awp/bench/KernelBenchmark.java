// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import dev.awp.kernel.Kernels;
import dev.awp.kernel.scalar.ScalarKernels;
import dev.awp.kernel.vector.VectorKernels;
import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * A family of kernels in three forms. Every benchmark method returns its result, a number or the
 * output as a segment of floats: a test holds the forms against each other.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 6, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public abstract class KernelBenchmark {
  /** Elements of a row, where a long n is a matrix. */
  private static final int ROW = 4096;

  @Param public Form form = Form.SCALAR;

  protected Arena arena;
  protected Kernels kernels;

  /** Elements of an operation. */
  protected abstract int size();

  /** Allocates the operands. */
  protected abstract void allocate();

  @Setup(Level.Trial)
  @SuppressWarnings("MustBeClosed") // closed by tearDown
  public void setUp() {
    arena = Arena.ofShared();
    kernels = form == Form.SCALAR ? ScalarKernels.create() : VectorKernels.create();
    allocate();
  }

  @TearDown(Level.Trial)
  public void tearDown() {
    arena.close();
  }

  protected final boolean isPlain() {
    return form == Form.PLAIN;
  }

  protected final Row gaussian(long seed) {
    return Row.gaussian(form, size(), seed, arena);
  }

  protected final Row zeros() {
    return Row.zeros(form, size(), arena);
  }

  /** Length of the rows that an operation goes through one by one. */
  protected final int rowLength() {
    return Math.min(size(), ROW);
  }
}
