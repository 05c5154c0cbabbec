// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.convert;

import java.util.Random;
import java.util.stream.IntStream;

/** An order of rows or columns: which of the original stands at each place. */
final class Order {
  /** As they are. */
  static final Order NATURAL = new Order(new int[0]);

  private final int[] originals;

  private Order(int[] originals) {
    this.originals = originals;
  }

  /** Every one as likely as any other. */
  static Order shuffled(int count, Random random) {
    int[] originals = IntStream.range(0, count).toArray();
    for (int i = count - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      int kept = originals[i];
      originals[i] = originals[other];
      originals[other] = kept;
    }
    return new Order(originals);
  }

  /**
   * Parts of one length behind each other, each of which has an order of its own.
   *
   * @param length of a part
   * @param parts the order of which number each part has
   */
  static Order parts(int length, int[] parts, Order... orders) {
    int[] originals = new int[length * parts.length];
    for (int i = 0; i < originals.length; i++) {
      originals[i] = i / length * length + orders[parts[i / length]].original(i % length);
    }
    return new Order(originals);
  }

  boolean isNatural() {
    return originals.length == 0;
  }

  int original(int place) {
    return isNatural() ? place : originals[place];
  }
}
