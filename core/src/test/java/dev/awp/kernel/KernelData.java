// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Rows to hold kernels against each other on. */
final class KernelData {
  /** Every tail remainder of every vector width, primes, and row lengths of real models. */
  static IntStream sizes() {
    return IntStream.concat(
        IntStream.rangeClosed(1, 70), IntStream.of(103, 128, 172, 352, 1009, 4096, 4098, 11008));
  }

  private static final float[] SPECIAL = {
    0f,
    -0f,
    1f,
    -1f,
    Float.MIN_VALUE,
    -Float.MIN_VALUE,
    Float.MIN_NORMAL,
    -1e-40f,
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    Float.NaN,
    Float.intBitsToFloat(-1), // the NaN of the largest bits
    65504f,
    65520f,
    6e-8f,
    -3e-5f,
    0.5f,
    1.5f,
    2.5f
  };

  enum Kind {
    /** Normal numbers, distinct. */
    GAUSSIAN,
    /** Few distinct magnitudes of both signs. */
    TIES,
    /** All equal. */
    CONSTANT,
    /** Gaussian with one in four from the special values, finite ones only. */
    FINITE_SPECIAL,
    /** Any special value, infinities and NaN included. */
    ANY_SPECIAL,
    /** Random bit patterns. */
    BITS
  }

  private KernelData() {}

  static MemorySegment row(Arena arena, Kind kind, int n, long seed) {
    SplittableRandom random = new SplittableRandom(seed * 31 + kind.name().hashCode());
    MemorySegment row = arena.allocate(ValueLayout.JAVA_FLOAT, n);
    for (int i = 0; i < n; i++) {
      row.setAtIndex(ValueLayout.JAVA_FLOAT, i, value(kind, random));
    }
    return row;
  }

  private static float value(Kind kind, SplittableRandom random) {
    return switch (kind) {
      case GAUSSIAN -> (float) random.nextGaussian();
      case TIES -> (random.nextInt(7) - 3) * 0.25f;
      case CONSTANT -> -0.125f;
      case FINITE_SPECIAL -> {
        float special = SPECIAL[random.nextInt(SPECIAL.length)];
        boolean take = random.nextInt(4) == 0 && Float.isFinite(special);
        yield take ? special : (float) random.nextGaussian();
      }
      case ANY_SPECIAL -> SPECIAL[random.nextInt(SPECIAL.length)];
      case BITS -> Float.intBitsToFloat(random.nextInt());
    };
  }
}
