// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.affine;

/**
 * The scales and minimums of a unit's groups while they are rounded, together, to multiples of
 * numbers that the unit stores. Scratch for one thread; arrays have an entry for each group.
 */
public abstract class SharedScales {
  private final float[] scales;
  private final float[] minimums;
  private float superScale;
  private float superMinimum;

  /**
   * For units of that size.
   *
   * @param groups most of a unit
   */
  protected SharedScales(int groups) {
    this.scales = new float[groups];
    this.minimums = new float[groups];
  }

  /** Scales, first ideal, after {@link #round} storable. */
  public final float[] scales() {
    return scales;
  }

  /** Minimums, first ideal, after {@link #round} storable. */
  public final float[] minimums() {
    return minimums;
  }

  /** What all scales are multiples of; 0 where the grid has no such number. */
  public final float superScale() {
    return superScale;
  }

  /** What all minimums are multiples of, times -1; 0 where there are none. */
  public final float superMinimum() {
    return superMinimum;
  }

  /**
   * Rounds the first scales and minimums.
   *
   * @param groups how many; fewer in a row's last unit
   */
  public final void round(int groups) {
    superScale = superScale(groups);
    superMinimum = superMinimum(groups);
    for (int g = 0; g < groups; g++) {
      scales[g] = storableScale(scales[g], superScale);
      minimums[g] = storableMinimum(minimums[g], superMinimum);
    }
  }

  /** A storable super-scale for the first ideal scales. */
  protected abstract float superScale(int groups);

  /** A storable super-minimum for the first ideal minimums. */
  protected abstract float superMinimum(int groups);

  /** The storable scale nearest to another. */
  protected abstract float storableScale(float ideal, float superScale);

  /** The storable minimum nearest to another. */
  protected abstract float storableMinimum(float ideal, float superMinimum);

  /** The storable super-scale nearest to another. */
  public abstract float storableSuperScale(double value);

  /** The storable super-minimum nearest to another. */
  public abstract float storableSuperMinimum(double value);

  /**
   * The number whose multiples come closest to the first scales, in least squares, with the factors
   * to which they are rounded by another: sum f s / sum f^2. NaN where all factors are 0.
   */
  protected final double refinedScale(float first, int groups) {
    return refined(scales, first, groups, this::storableScale);
  }

  /** The same of minimums. */
  protected final double refinedMinimum(float first, int groups) {
    return refined(minimums, first, groups, this::storableMinimum);
  }

  private static double refined(float[] ideal, float first, int groups, Multiples multiples) {
    double product = 0;
    double square = 0;
    for (int g = 0; g < groups; g++) {
      double factor = multiples.nearest(ideal[g], first) / first;
      product += factor * ideal[g];
      square += factor * factor;
    }
    return product / square;
  }

  /** The storable multiples of a number. */
  @FunctionalInterface
  private interface Multiples {
    float nearest(float ideal, float of);
  }
}
