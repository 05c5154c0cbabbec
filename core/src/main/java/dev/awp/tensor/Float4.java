// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tensor;

import java.util.Arrays;

/** The numbers that four bits stand for in e2m1 (OCP Microscaling Formats 1.0). */
public final class Float4 {
  private static final int SIGN = 8;

  /** Those of 0 to 7; the next eight are the same below zero. */
  private static final float[] MAGNITUDES = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};

  private Float4() {}

  /** What four bits stand for, given as a number from 0 to 15. */
  public static float value(int bits) {
    float magnitude = MAGNITUDES[bits & (SIGN - 1)];
    return (bits & SIGN) == 0 ? magnitude : -magnitude;
  }

  /**
   * The four bits of a number; those of +0 for both zeros.
   *
   * @return -1 where it is none
   */
  public static int bits(float number) {
    int found = Arrays.binarySearch(MAGNITUDES, Math.abs(number));
    return found < 0 ? -1 : found | (number < 0 ? SIGN : 0);
  }
}
