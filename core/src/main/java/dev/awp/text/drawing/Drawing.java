// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.drawing;

import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;

/**
 * The order in which a seed draws stretches of texts, without replacement. Every one is as likely
 * as any other to come next.
 */
final class Drawing {
  /** Another sequence of numbers than that which draws windows by the same seed. */
  private static final long STREAM = 0x9e3779b97f4a7c15L;

  private final TextIndex index;
  private final int[] order;
  private final SplittableRandom random;
  private final BitSet drawn;
  private int count;
  private long characters;

  Drawing(TextIndex index, long seed) {
    this.index = index;
    this.order = new int[index.count()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    this.random = new SplittableRandom(seed ^ STREAM);
    this.drawn = new BitSet(order.length);
  }

  /** Draws until there are so many characters, or all. */
  void drawTo(long wanted) {
    while (characters < wanted && count < order.length) {
      int other = count + random.nextInt(order.length - count);
      int next = order[other];
      order[other] = order[count];
      order[count++] = next;
      drawn.set(next);
      characters += index.length(next);
    }
  }

  boolean hasAll() {
    return count == order.length;
  }

  /** Characters that are drawn. */
  long characters() {
    return characters;
  }

  boolean contains(int stretch) {
    return drawn.get(stretch);
  }

  /**
   * For every stretch in the order of the drawing, how many drawn ones stand before it in the
   * files.
   */
  int[] places() {
    int[] sorted = drawn.stream().toArray();
    return Arrays.stream(order, 0, count)
        .map(stretch -> Arrays.binarySearch(sorted, stretch))
        .toArray();
  }
}
