// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tuning;

/**
 * How blocks are tuned.
 *
 * @param steps gradient steps; 0 for no tuning
 * @param seed of the order of the windows
 */
public record TuningOptions(int steps, long seed) {
  /** The steps of {@code --effort max} where nothing else is said. */
  public static final int STEPS = 50;

  /** Tokens of a step, in whole windows. */
  static final int TOKENS = 2048;

  /** Of so many windows one is held out. */
  static final int HELD_OUT = 8;

  /** How often the held-out windows are looked at, beside the start. */
  static final int LOOKS = 5;

  /** What is left of a step's derivatives at the next one. */
  static final float MOMENTUM = 0.8f;

  /** The rate of the first step, times the number of steps. It falls linearly to 0. */
  private static final float RATE = 0.2f;

  /** Logarithms of scales, and shares of values' root mean square, move by so much of the rate. */
  static final float SCALES = 0.3f;

  /** The largest size of a derivative, in root mean squares of its row and column. */
  static final float CLIP = 3;

  /** How far a code's latent moves for a derivative of size 1, in codes. */
  float rate(int step) {
    return RATE * (1 - (float) step / steps) / steps;
  }
}
