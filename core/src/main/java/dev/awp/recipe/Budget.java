// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.recipe;

/** What all layers together may take; how it is shared among them is decided by measurement. */
public sealed interface Budget {
  /** How a budget is shared. */
  enum Sharing {
    /** By the layers' measured error curves. */
    ERROR,
    /** The same for every layer, as good as the budget allows. */
    UNIFORM
  }

  Sharing sharing();

  /**
   * The packed size of the whole checkpoint.
   *
   * @param bytes at most
   */
  record Size(long bytes, Sharing sharing) implements Budget {}

  /**
   * The packed size of the compressed layers.
   *
   * @param perWeight bits at most, codes, scales and zero points together
   */
  record Bits(double perWeight, Sharing sharing) implements Budget {
    public Bits {
      if (!(perWeight > 0 && perWeight <= 32)) {
        throw new IllegalArgumentException(
            "the bits of a weight must lie between 0 and 32, not " + perWeight);
      }
    }
  }

  /**
   * The zeros of the compressed layers.
   *
   * @param ratio share at least
   */
  record Zeros(double ratio, Sharing sharing) implements Budget {
    public Zeros {
      if (!(ratio > 0 && ratio < 1)) {
        throw new IllegalArgumentException(
            "the share of zeros must lie between 0 and 1, not " + ratio);
      }
    }
  }
}
