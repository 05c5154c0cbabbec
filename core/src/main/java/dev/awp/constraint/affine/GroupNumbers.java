// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.affine;

/** The numbers of one group of an {@link ScaledGrid}. Scratch for one thread. */
public final class GroupNumbers {
  private float scale;
  private float zeroPoint;
  private float minimum;
  private float superScale;
  private float superMinimum;

  /** Sets the group's own numbers. */
  public void set(float newScale, float newZeroPoint, float newMinimum) {
    scale = newScale;
    zeroPoint = newZeroPoint;
    minimum = newMinimum;
  }

  /** Sets its unit's numbers; 0 where the grid has none. */
  public void setUnit(float newSuperScale, float newSuperMinimum) {
    superScale = newSuperScale;
    superMinimum = newSuperMinimum;
  }

  public float scale() {
    return scale;
  }

  public void setScale(float value) {
    scale = value;
  }

  public float zeroPoint() {
    return zeroPoint;
  }

  public void setZeroPoint(float value) {
    zeroPoint = value;
  }

  /** 0 where the grid has none. */
  public float minimum() {
    return minimum;
  }

  public void setMinimum(float value) {
    minimum = value;
  }

  /** What the scales of its unit are multiples of; 0 where the grid has no such number. */
  public float superScale() {
    return superScale;
  }

  /** What the minimums of its unit are multiples of, times -1; 0 as above. */
  public float superMinimum() {
    return superMinimum;
  }
}
