// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

/** log(1 + exp(x)), x itself above 20, as torch has it. */
final class Softplus {
  private static final float LINEAR = 20;

  private Softplus() {}

  static double of(float x) {
    return x > LINEAR ? x : Math.log1p(Math.exp(x));
  }
}
