// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jmh.annotations.Benchmark;

/** Every kernel benchmark computes the same in its three forms. */
class FormsAgreeTest {
  /** Nine groups of 128, and no multiple of 4,096. */
  private static final int N = 1152;

  static Stream<Method> benchmarks() {
    return Stream.of(
            Decode.class,
            Update.class,
            MaskedStep.class,
            TopK.class,
            Groups.class,
            Quantize.class,
            Network.class)
        .flatMap(c -> Arrays.stream(c.getDeclaredMethods()))
        .filter(m -> m.isAnnotationPresent(Benchmark.class));
  }

  @ParameterizedTest
  @MethodSource("benchmarks")
  void everyFormOfABenchmarkComputesTheSame(Method benchmark) throws ReflectiveOperationException {
    float[] scalar = run(benchmark, Form.SCALAR);
    assertTrue(anyNonZero(scalar), "a benchmark whose result is all zeros measures nothing");
    for (Form form : List.of(Form.PLAIN, Form.VECTOR)) {
      assertArrayEquals(scalar, run(benchmark, form), 2e-5f, form + " against the definition");
    }
  }

  private static float[] run(Method benchmark, Form form) throws ReflectiveOperationException {
    KernelBenchmark state =
        (KernelBenchmark) benchmark.getDeclaringClass().getConstructor().newInstance();
    state.form = form;
    state.getClass().getField("n").setInt(state, N);
    state.setUp();
    try {
      return switch (benchmark.invoke(state)) {
        case MemorySegment segment -> segment.toArray(ValueLayout.JAVA_FLOAT);
        case Number number -> new float[] {number.floatValue()};
        default -> throw new IllegalStateException(benchmark + " returns no result");
      };
    } finally {
      state.tearDown();
    }
  }

  private static boolean anyNonZero(float[] values) {
    boolean found = false;
    for (float value : values) {
      found |= value != 0;
    }
    return found;
  }
}
