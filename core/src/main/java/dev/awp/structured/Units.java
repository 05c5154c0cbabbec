// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.structured;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * What can be removed of a layer's columns: units of consecutive columns, a neuron's one or those
 * of all query heads that share a key/value head.
 *
 * @param count of units
 * @param width columns of each
 */
public record Units(int count, int width) {
  public Units {
    if (count < 1 || width < 1) {
      throw new IllegalArgumentException(count + " units of " + width + " columns");
    }
  }

  /** Columns of all units together. */
  public int columns() {
    return Math.multiplyExact(count, width);
  }

  /** The columns of a unit. */
  public int[] ofUnit(int unit) {
    return IntStream.range(unit * width, (unit + 1) * width).toArray();
  }

  /** The columns of some units, in the order of the units. */
  public int[] columns(int... units) {
    return Arrays.stream(units).flatMap(unit -> Arrays.stream(ofUnit(unit))).toArray();
  }

  /** All units but some, in their order. */
  public int[] others(int... units) {
    boolean[] named = new boolean[count];
    Arrays.stream(units).forEach(unit -> named[unit] = true);
    return IntStream.range(0, count).filter(unit -> !named[unit]).toArray();
  }
}
