// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.kernel.KernelData.Kind;
import dev.awp.kernel.scalar.ScalarKernels;
import dev.awp.kernel.vector.VectorKernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;

/** The kernels of a search with several ways: vector against scalar, and what keys promise. */
@Tag("kernel")
class BeamKernelsTest {
  private static final BeamKernels SCALAR = ScalarKernels.create().beam();
  private static final BeamKernels VECTOR = VectorKernels.create().beam();

  private static MemorySegment words(Arena arena, int n) {
    return arena.allocate(JAVA_FLOAT, n);
  }

  private static MemorySegment choices(Arena arena, int n, int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    MemorySegment choices = words(arena, n);
    for (int i = 0; i < n; i++) {
      choices.setAtIndex(JAVA_INT, i, random.nextInt(count));
    }
    return choices;
  }

  @Property(tries = 300)
  void proposalsAgreeAndTheirKeysHaveTheOrderOfTheScores(
      @ForAll Kind kind,
      @ForAll @IntRange(min = 1, max = 100) int n,
      @ForAll @IntRange(min = 0, max = 31) int choice,
      @ForAll long seed) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment x = KernelData.row(arena, kind, n, seed);
      MemorySegment values = KernelData.row(arena, Kind.GAUSSIAN, n, seed + 1);
      MemorySegment scores = words(arena, n);
      for (int i = 0; i < n; i++) {
        scores.setAtIndex(JAVA_FLOAT, i, i % 9 == 0 ? Float.POSITIVE_INFINITY : i);
      }
      MemorySegment[] out = {words(arena, n), words(arena, n), words(arena, n), words(arena, n)};
      SCALAR.propose(x, values, scores, 0.7f, choice, out[0], out[1]);
      VECTOR.propose(x, values, scores, 0.7f, choice, out[2], out[3]);
      VectorKernelsTest.assertRowEquals(out[0], out[2], "errors, " + kind);
      assertEquals(-1, out[1].mismatch(out[3]), "keys, " + kind);
      for (int i = 0; i < n; i++) {
        int key = out[1].getAtIndex(JAVA_INT, i);
        float e = out[0].getAtIndex(JAVA_FLOAT, i);
        double exact = 0.7f * (double) e * e + scores.getAtIndex(JAVA_FLOAT, i);
        float score = Float.intBitsToFloat(key & ~BeamKernels.CHOICE);
        assertEquals(choice, key & BeamKernels.CHOICE);
        if (Double.isNaN(exact) || (float) exact == Float.POSITIVE_INFINITY) {
          assertEquals(Float.POSITIVE_INFINITY, score);
        } else {
          assertTrue(score <= exact * (1 + 1e-6) && score >= exact * (1 - 1e-5) - 1e-40);
        }
      }
    }
  }

  @Property(tries = 300)
  void keysAreSortedInEveryLane(
      @ForAll @IntRange(min = 1, max = 32) int count,
      @ForAll @IntRange(min = 0, max = 50) int lanes,
      @ForAll @IntRange(min = 1, max = 1 << 30) int range,
      @ForAll long seed) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment expected = choices(arena, count * lanes, range, seed);
      MemorySegment actual = words(arena, count * lanes).copyFrom(expected);
      SCALAR.sort(expected, count);
      VECTOR.sort(actual, count);
      assertEquals(-1, expected.mismatch(actual));
      for (int i = lanes; i < count * lanes; i++) {
        assertTrue(actual.getAtIndex(JAVA_INT, i - lanes) <= actual.getAtIndex(JAVA_INT, i));
      }
    }
  }

  @Property(tries = 200)
  void keysComeApartAlike(@ForAll @IntRange(min = 1, max = 100) int n, @ForAll long seed) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment keys = choices(arena, n, BeamKernels.INFINITY, seed);
      MemorySegment expected = words(arena, 3 * n);
      MemorySegment actual = words(arena, 3 * n);
      split(SCALAR, keys, expected, n);
      split(VECTOR, keys, actual, n);
      assertEquals(-1, expected.mismatch(actual));
      for (int i = 0; i < n; i++) {
        int choice = actual.getAtIndex(JAVA_INT, i);
        assertEquals(choice / 2, actual.getAtIndex(JAVA_INT, n + i));
        assertEquals(keys.getAtIndex(JAVA_INT, i), actual.getAtIndex(JAVA_INT, 2 * n + i) | choice);
      }
    }
  }

  private static void split(BeamKernels kernels, MemorySegment keys, MemorySegment out, int n) {
    long bytes = 4L * n;
    kernels.split(
        keys, out.asSlice(0, bytes), out.asSlice(bytes, bytes), out.asSlice(2 * bytes, bytes));
  }

  @Property(tries = 200)
  void everyLanePicksItsRow(
      @ForAll @IntRange(min = 1, max = 32) int count,
      @ForAll @IntRange(min = 1, max = 60) int lanes,
      @ForAll long seed) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment choices = choices(arena, lanes, count, seed);
      MemorySegment table = KernelData.row(arena, Kind.BITS, count * lanes, seed);
      MemorySegment expected = words(arena, lanes);
      MemorySegment actual = words(arena, lanes);
      SCALAR.pick(choices, table, expected);
      VECTOR.pick(choices, table, actual);
      assertEquals(-1, expected.mismatch(actual));
      for (int i = 0; i < lanes; i++) {
        int place = choices.getAtIndex(JAVA_INT, i) * lanes + i;
        assertEquals(table.getAtIndex(JAVA_INT, place), actual.getAtIndex(JAVA_INT, i));
      }
    }
  }

  @Property(tries = 300)
  void waysGoOnFromTheirParents(
      @ForAll Kind kind,
      @ForAll @IntRange(min = 1, max = 17) int ways,
      @ForAll @IntRange(min = 1, max = 60) int lanes,
      @ForAll @IntRange(min = 0, max = 5) int later,
      @ForAll long seed) {
    try (Arena arena = Arena.ofConfined()) {
      int n = ways * lanes;
      MemorySegment before = KernelData.row(arena, kind, later * n, seed);
      MemorySegment parents = choices(arena, n, ways, seed);
      MemorySegment errors = KernelData.row(arena, kind, n, seed + 1);
      MemorySegment factors = KernelData.row(arena, Kind.GAUSSIAN, later, seed + 2);
      MemorySegment expected = words(arena, later * n);
      MemorySegment actual = words(arena, later * n);
      SCALAR.extend(before, parents, errors, factors, ways, expected);
      VECTOR.extend(before, parents, errors, factors, ways, actual);
      VectorKernelsTest.assertRowEquals(expected, actual, kind + ", " + ways + " of " + lanes);
    }
  }
}
