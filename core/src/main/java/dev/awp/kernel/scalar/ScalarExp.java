// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.scalar;

/**
 * exp in float32, the same operations in the same order as the vector form: reduction to |r| below
 * ln(2)/2 (Cody and Waite), the degree-6 polynomial of Cephes' expf, two scalings by powers of two
 * so that subnormal results round once. Accurate to 2 units in the last place.
 */
public final class ScalarExp {
  public static final float LARGEST = 89f;
  public static final float SMALLEST = -104f;
  public static final float LOG2_E = 1.442695f;
  public static final float LN2_HIGH = 0.6933594f;
  public static final float LN2_LOW = -2.12194440e-4f;

  /**
   * Adding and subtracting 1.5 * 2^23 rounds a small float to the nearest integer, ties to even.
   */
  public static final float ROUNDER = 12582912f;

  public static final float P0 = 1.9875691e-4f;
  public static final float P1 = 1.3981999e-3f;
  public static final float P2 = 8.333452e-3f;
  public static final float P3 = 4.1665796e-2f;
  public static final float P4 = 1.6666666e-1f;
  public static final float P5 = 0.5f;

  private ScalarExp() {}

  public static float exp(float argument) {
    float x = argument > LARGEST ? LARGEST : argument;
    x = x < SMALLEST ? SMALLEST : x;
    float n = (x * LOG2_E + ROUNDER) - ROUNDER;
    float r = Math.fma(n, -LN2_HIGH, x);
    r = Math.fma(n, -LN2_LOW, r);
    float p = Math.fma(P0, r, P1);
    p = Math.fma(p, r, P2);
    p = Math.fma(p, r, P3);
    p = Math.fma(p, r, P4);
    p = Math.fma(p, r, P5);
    float y = Math.fma(p, r * r, r) + 1f;
    int exponent = (int) n;
    int half = exponent >> 1;
    return y * powerOfTwo(half) * powerOfTwo(exponent - half);
  }

  private static float powerOfTwo(int exponent) {
    return Float.intBitsToFloat((exponent + 127) << 23);
  }
}
