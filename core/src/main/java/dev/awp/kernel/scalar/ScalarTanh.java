// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.scalar;

/**
 * tanh in float32, the same operations in the same order as the vector form: below 0.625 the odd
 * polynomial of Cephes' tanhf, above 1 - 2 / (exp(2|x|) + 1). Accurate to 3 units in the last
 * place.
 */
public final class ScalarTanh {
  /** Where the polynomial ends. */
  public static final float SMALL = 0.625f;

  public static final float P0 = -5.7049887e-3f;
  public static final float P1 = 2.0639088e-2f;
  public static final float P2 = -5.3739715e-2f;
  public static final float P3 = 1.3331442e-1f;
  public static final float P4 = -0.3333328f;

  private ScalarTanh() {}

  public static float tanh(float x) {
    float magnitude = Math.abs(x);
    if (magnitude < SMALL) {
      float s = x * x;
      float p = Math.fma(P0, s, P1);
      p = Math.fma(p, s, P2);
      p = Math.fma(p, s, P3);
      p = Math.fma(p, s, P4);
      return Math.fma(p * s, x, x);
    }
    float large = 1f - 2f / (ScalarExp.exp(magnitude + magnitude) + 1f);
    return x < 0 ? -large : large;
  }
}
