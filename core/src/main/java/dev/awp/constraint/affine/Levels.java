// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.affine;

/**
 * The few whole numbers that a grid has for codes where its steps are not equal. A code is its
 * level then, and places count the levels from the smallest on.
 */
public final class Levels {
  /** Twice the numbers of two bits of exponent and one of mantissa. */
  public static final Levels E2M1 =
      new Levels(-12, -8, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6, 8, 12);

  /** Sixteen that lie denser around 0 (ggml's IQ4_NL). */
  public static final Levels NON_LINEAR =
      new Levels(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

  /** A sign and nothing else. */
  public static final Levels SIGNS = new Levels(-1, 1);

  private final float[] levels;
  private final float[] thresholds;
  private final int zero;
  private final byte[] places;

  private Levels(float... levels) {
    this.levels = levels;
    this.thresholds = new float[levels.length - 1];
    for (int k = 0; k < thresholds.length; k++) {
      thresholds[k] = (levels[k] + levels[k + 1]) / 2;
    }
    this.places = new byte[1 + Math.round(2 * (levels[levels.length - 1] - levels[0]))];
    for (int i = 0; i < places.length; i++) {
      float x = levels[0] + i / 2f;
      while (places[i] < thresholds.length && x > thresholds[places[i]]) {
        places[i]++;
      }
    }
    this.zero = place(0);
  }

  /** How many there are. */
  public int count() {
    return levels.length;
  }

  /** The place of the level nearest to 0. */
  public int zero() {
    return zero;
  }

  /** Whether 0 is a level. */
  public boolean hasZero() {
    return levels[zero] == 0;
  }

  /** The level of a place. */
  public float level(int place) {
    return levels[place];
  }

  /**
   * The place of the level nearest to a number, of two that are as near the smaller one's. Levels
   * are whole numbers, so thresholds are multiples of a half, and rounding up to such a multiple
   * changes no comparison with one.
   */
  public int place(double x) {
    double halves = Math.ceil(2 * (x - levels[0]));
    return places[(int) Math.clamp(halves, 0, places.length - 1)];
  }

  /** Between neighbouring levels. Not to be written to. */
  float[] thresholds() {
    return thresholds;
  }

  /** All levels. Not to be written to. */
  float[] ascending() {
    return levels;
  }
}
