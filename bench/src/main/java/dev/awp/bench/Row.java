// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;

/** Elements of a benchmark: off-heap, or an array for {@link Form#PLAIN}. */
final class Row {
  /** So many random values are drawn; longer rows repeat them. */
  private static final int DISTINCT = 1 << 20;

  private static final float[] NO_ARRAY = {};

  private final MemorySegment segment;
  private final float[] array;

  private Row(MemorySegment segment, float[] array) {
    this.segment = segment;
    this.array = array;
  }

  /** The elements as floats; over {@link #array} where there is one. */
  MemorySegment segment() {
    return segment;
  }

  /** The elements of the plain form; empty for the others. */
  float[] array() {
    return array;
  }

  /** A row of zeros. */
  static Row zeros(Form form, int n, Arena arena) {
    if (form == Form.PLAIN) {
      float[] array = new float[n];
      return new Row(MemorySegment.ofArray(array), array);
    }
    return new Row(arena.allocate(4L * n, 64), NO_ARRAY);
  }

  /** A row of Gaussian values, the same for every form. */
  static Row gaussian(Form form, int n, long seed, Arena arena) {
    Row row = zeros(form, n, arena);
    fill(row.segment, seed);
    return row;
  }

  /** Fills a segment of floats with Gaussian values. */
  static void fill(MemorySegment segment, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    long n = segment.byteSize() / Float.BYTES;
    long distinct = Math.min(n, DISTINCT);
    for (long i = 0; i < distinct; i++) {
      segment.setAtIndex(JAVA_FLOAT, i, (float) random.nextGaussian());
    }
    for (long done = distinct; done < n; done += distinct) {
      long bytes = Math.min(distinct, n - done) * Float.BYTES;
      MemorySegment.copy(segment, 0, segment, done * Float.BYTES, bytes);
    }
  }
}
