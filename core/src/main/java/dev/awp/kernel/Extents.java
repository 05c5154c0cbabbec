// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel;

import java.lang.foreign.MemorySegment;

/** The checks that kernels make on their arguments before anything is written. */
public final class Extents {
  private Extents() {}

  /** Number of float32 elements of a segment. */
  public static int floats(MemorySegment x) {
    long bytes = x.byteSize();
    if ((bytes & 3) != 0 || bytes > 4L * Integer.MAX_VALUE) {
      throw new IllegalArgumentException("a segment of " + bytes + " bytes is no row of floats");
    }
    return (int) (bytes >>> 2);
  }

  /** Checks that a segment holds exactly that many elements of that size. */
  public static void check(String name, MemorySegment x, long count, int elementBytes) {
    if (x.byteSize() != count * elementBytes) {
      throw new IllegalArgumentException(
          "%s has %s bytes where %s elements of %s bytes are expected"
              .formatted(name, x.byteSize(), count, elementBytes));
    }
  }

  /** Number of groups of that size in a row of n entries, a shorter last one included. */
  public static int groups(int n, int groupSize) {
    if (groupSize < 1) {
      throw new IllegalArgumentException("a group of " + groupSize + " entries");
    }
    return Math.ceilDiv(n, groupSize);
  }

  /** Checks that a segment holds exactly n floats. */
  public static void checkFloats(String name, MemorySegment x, int n) {
    check(name, x, n, Float.BYTES);
  }

  /** Checks that a segment holds at least some rows of floats, which begin a stride apart. */
  public static void checkRows(String name, MemorySegment x, int rows, int columns, int stride) {
    boolean empty = rows == 0 || columns == 0;
    long needed = empty ? 0 : ((rows - 1L) * stride + columns) * Float.BYTES;
    if (rows < 0 || columns < 0 || stride < columns || x.byteSize() < needed) {
      throw new IllegalArgumentException(
          "%s has %s bytes, too few for %s rows of %s floats that begin %s floats apart"
              .formatted(name, x.byteSize(), rows, columns, stride));
    }
  }

  /** Terms of each sum of {@link GridKernels#leastSums}, whose arguments it checks. */
  public static int terms(
      MemorySegment offsets,
      MemorySegment table,
      MemorySegment coefficients,
      MemorySegment least,
      MemorySegment entries) {
    int lanes = floats(least);
    checkFloats("the entries", entries, lanes);
    int n = lanes == 0 ? 0 : floats(coefficients) / lanes;
    check("the coefficients", coefficients, (long) n * lanes, Float.BYTES);
    check("the table", table, (long) floats(offsets) * n, Float.BYTES);
    return n;
  }

  /** Lanes of {@link BeamKernels#extend}, whose arguments it checks. */
  public static int waysOf(
      MemorySegment before,
      MemorySegment parents,
      MemorySegment errors,
      MemorySegment factors,
      int ways,
      MemorySegment after) {
    int lanes = lanes("the ways", parents, ways);
    checkFloats("the errors", errors, ways * lanes);
    long all = (long) floats(factors) * ways * lanes;
    check("the values before", before, all, Float.BYTES);
    check("the values after", after, all, Float.BYTES);
    return lanes;
  }

  /** Lanes of {@link BeamKernels#propose}, whose arguments it checks. */
  public static int proposal(
      MemorySegment x,
      MemorySegment values,
      MemorySegment scores,
      int choice,
      MemorySegment errors,
      MemorySegment keys) {
    int n = floats(x);
    checkFloats("the values", values, n);
    checkFloats("the scores", scores, n);
    checkFloats("the errors", errors, n);
    checkFloats("the keys", keys, n);
    if (choice < 0 || choice >= BeamKernels.MOST_CHOICES) {
      throw new IllegalArgumentException(
          "choice %s is not below %s".formatted(choice, BeamKernels.MOST_CHOICES));
    }
    return n;
  }

  /** Lanes of {@link BeamKernels#pick}, whose arguments it checks. */
  public static int table(MemorySegment choices, MemorySegment table, MemorySegment out) {
    int lanes = floats(choices);
    checkFloats("the output", out, lanes);
    int rows = lanes == 0 ? 0 : floats(table) / lanes;
    check("the table", table, (long) rows * lanes, Float.BYTES);
    return lanes;
  }

  /** Lanes of so many rows that lie one behind the other. */
  public static int lanes(String name, MemorySegment x, int count) {
    if (count < 1 || count > BeamKernels.MOST_CHOICES) {
      throw new IllegalArgumentException(
          "%s are %s, not 1 to %s".formatted(name, count, BeamKernels.MOST_CHOICES));
    }
    int lanes = floats(x) / count;
    check(name, x, (long) count * lanes, Float.BYTES);
    return lanes;
  }

  /** Values of {@link NetworkKernels#advanceState}, whose arguments it checks. */
  public static int values(
      MemorySegment state,
      MemorySegment keys,
      MemorySegment values,
      MemorySegment queries,
      MemorySegment out) {
    int n = floats(values);
    checkFloats("queries", queries, floats(keys));
    checkFloats("the output", out, n);
    check("the state", state, (long) floats(keys) * n, Float.BYTES);
    return n;
  }

  /** Elements of {@link GridKernels#nearestSteps}, whose arguments it checks. */
  public static int steps(
      MemorySegment x, MemorySegment scales, MemorySegment zeroPoints, MemorySegment codes) {
    int n = floats(x);
    checkFloats("scales", scales, n);
    checkFloats("zero points", zeroPoints, n);
    checkFloats("the output", codes, n);
    return n;
  }

  /** Elements of {@link GridKernels#nearestLevels}, whose arguments it checks. */
  public static int levels(
      MemorySegment x,
      MemorySegment scales,
      float[] levels,
      float[] thresholds,
      MemorySegment out) {
    int n = floats(x);
    checkFloats("scales", scales, n);
    checkFloats("the output", out, n);
    if (levels.length == 0 || thresholds.length != levels.length - 1) {
      throw new IllegalArgumentException(
          levels.length + " levels have no " + thresholds.length + " thresholds between them");
    }
    return n;
  }
}
