// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.block;

import dev.awp.constraint.affine.AffineGrid;

/**
 * The kind of number that a block stores a scale as: which there are, and which of them are worth a
 * try. Where levels are twice what they stand for, scales are half of what the kind is named for.
 */
enum ScaleNumber {
  /** binary16, of either sign. */
  HALF {
    @Override
    float nearest(double value) {
      return BlockGrid.halfScale(value);
    }

    @Override
    double clip(int index, int maxCode) {
      // The more levels, the less is left between them for values that are cut off to give way to.
      double step = maxCode < 4 ? 0.045 : 0.03;
      double sign = index % 2 == 0 ? -1 : 1;
      int steps = index / 2;
      return sign * (1 - step * steps);
    }

    @Override
    float neighbour(float scale, int index, int maxCode) {
      return index < STEPS
          ? nearest(scale * AffineGrid.neighbourFactor(index, maxCode))
          : nearest(-(double) scale);
    }
  },

  /** Half a power of two from 2^-127 to 2^125, above which the largest level is no number. */
  E8M0 {
    private static final int LEAST = -128;
    private static final int MOST = 124;

    @Override
    float nearest(double value) {
      double bounded = Math.clamp(value, Math.scalb(1.0, LEAST), Math.scalb(1.0, MOST));
      int exponent = Math.getExponent(bounded);
      boolean above = bounded > Math.scalb(1.5, exponent);
      return Math.scalb(1f, above ? exponent + 1 : exponent);
    }

    @Override
    double clip(int index, int maxCode) {
      // Four powers of two in a row. Rounded to nearest, the first is that of the standard (OCP
      // MX):
      // the largest value lies between two thirds and four thirds of the largest level.
      return Math.scalb(1.125, index == 0 ? 0 : index == 1 ? 1 : 1 - index);
    }

    @Override
    float neighbour(float scale, int index, int maxCode) {
      return nearest(index == 0 ? 2.0 * scale : 0.5 * scale);
    }
  },

  /** Half a positive number of four bits of exponent and three of mantissa, up to 224. */
  UE4M3 {
    private static final int LEAST = -10;
    private static final int SUBNORMAL = -7;

    @Override
    float nearest(double value) {
      double bounded = Math.clamp(value, Math.scalb(1.0, LEAST), UE4M3_MOST);
      int last = Math.max(SUBNORMAL, Math.getExponent(bounded)) - 3;
      return (float) Math.scalb(Math.rint(Math.scalb(bounded, -last)), last);
    }

    @Override
    double clip(int index, int maxCode) {
      // The largest may lie on the largest level, on the one before, or beyond them.
      return index == 0 ? 1 : 1.5 - index / 16.0;
    }

    @Override
    float neighbour(float scale, int index, int maxCode) {
      int steps = 1 + index / 2;
      int last = Math.max(SUBNORMAL, Math.getExponent(scale)) - 3;
      return nearest(scale + Math.scalb(index % 2 == 0 ? steps : -(double) steps, last));
    }
  };

  /** Half of 448: what is above is stored in no bits, or as no number. */
  static final float UE4M3_MOST = 224;

  /** Scales one and two steps off. */
  static final int STEPS = 4;

  private static final int SHRINKS = 20;

  /** The storable scale nearest to another: not zero, finite, and with finite multiples. */
  abstract float nearest(double value);

  /**
   * What the scale that covers a range is multiplied by: that of the whole range first.
   *
   * @param index 0 .. clips() - 1
   */
  abstract double clip(int index, int maxCode);

  /**
   * A storable scale a little off.
   *
   * @param index 0 .. neighbours() - 1
   */
  abstract float neighbour(float scale, int index, int maxCode);

  /** Whether there are negative ones. */
  boolean isSigned() {
    return this == HALF;
  }

  int clips() {
    return switch (this) {
      case HALF -> 2 * SHRINKS;
      case E8M0 -> 4;
      case UE4M3 -> 16;
    };
  }

  int neighbours() {
    return switch (this) {
      case HALF -> STEPS + 1;
      case E8M0 -> 2;
      case UE4M3 -> STEPS;
    };
  }
}
