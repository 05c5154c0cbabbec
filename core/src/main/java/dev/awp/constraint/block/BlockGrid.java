// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.block;

import dev.awp.constraint.GridParameters;
import dev.awp.constraint.RowProjection;
import dev.awp.constraint.affine.AffineGrid;
import dev.awp.constraint.affine.GroupNumbers;
import dev.awp.constraint.affine.SharedScales;
import dev.awp.kernel.Kernels;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;

/**
 * The grids of GGUF's block types, as llama.cpp decodes them (shared facts: ggml's ggml-common.h
 * and ggml-quants.c). d and m are binary16 numbers; every product below is exact in float32, so a
 * value has one rounding at most, and it does not matter in which order a reader multiplies.
 *
 * <ul>
 *   <li>Q4_0, Q5_0, Q8_0: (code - zero) d, d of either sign;
 *   <li>Q4_1, Q5_1: code d + m;
 *   <li>Q3_K, Q6_K: (code - zero) sc d, sc a small signed integer of the group, d of 16 groups;
 *   <li>Q4_K, Q5_K: code sc d - mn m, sc and mn six-bit integers of the group, d and m of 8 groups.
 * </ul>
 *
 * <p>Scales are rounded to such numbers before codes are chosen, those of a unit together ({@link
 * UnitScales}). Q8_0 leaves the code of -128 out, as llama.cpp's own quantizer does.
 */
public enum BlockGrid implements AffineGrid {
  Q4_0(4, 15, 8, 32, 1, 0, 0),
  Q4_1(4, 15, 0, 32, 1, 0, 0),
  Q5_0(5, 31, 16, 32, 1, 0, 0),
  Q5_1(5, 31, 0, 32, 1, 0, 0),
  Q8_0(8, 254, 127, 32, 1, 0, 0),
  Q3_K(3, 7, 4, 16, 16, -32, 31),
  Q4_K(4, 15, 0, 32, 8, 1, 63),
  Q5_K(5, 31, 0, 32, 8, 1, 63),
  Q6_K(6, 63, 32, 16, 16, -128, 127);

  /** Range of the integers that a group's minimum is a multiple of. */
  static final int MOST_MINIMUM = 63;

  /** The smallest positive binary16 number. */
  static final float SMALLEST = 0x1p-24f;

  /** Where there is a minimum, each end of a range is drawn in by so much of the range. */
  private static final double DRAW = 0.035;

  private static final int DRAWS = 11;

  /** Otherwise the largest magnitude is drawn in by so much. */
  private static final double SHRINK = 0.03;

  private static final int SHRINKS = 20;

  /** Scales one and two steps off count as neighbours. */
  private static final int SCALES = 4;

  private final int bits;
  private final int maxCode;
  private final int zero;
  private final int groupColumns;
  private final int unitGroups;
  private final int leastFactor;
  private final int mostFactor;

  BlockGrid(
      int bits,
      int maxCode,
      int zero,
      int groupColumns,
      int unitGroups,
      int leastFactor,
      int mostFactor) {
    this.bits = bits;
    this.maxCode = maxCode;
    this.zero = zero;
    this.groupColumns = groupColumns;
    this.unitGroups = unitGroups;
    this.leastFactor = leastFactor;
    this.mostFactor = mostFactor;
  }

  /** Bits of a code. */
  public int bits() {
    return bits;
  }

  @Override
  public int maxCode() {
    return maxCode;
  }

  /** The code of 0; 0 where there are minimums. */
  public int zero() {
    return zero;
  }

  /** Columns of a group; a row's last group may be shorter. */
  public int groupColumns() {
    return groupColumns;
  }

  /** Groups of a unit: 1, or those that share a super-scale. */
  public int unitGroups() {
    return unitGroups;
  }

  /** Columns of a block as it is stored. */
  public int blockColumns() {
    return groupColumns * unitGroups;
  }

  /** The smallest integer that a group's scale is a multiple of; 0 itself is never used. */
  int leastFactor() {
    return leastFactor;
  }

  int mostFactor() {
    return mostFactor;
  }

  /** Number of units in a row of that length. */
  public int units(int columns) {
    return Math.ceilDiv(columns, blockColumns());
  }

  @Override
  public int groupSize(int columns) {
    return groupColumns;
  }

  @Override
  public int unitSize(int columns) {
    return blockColumns();
  }

  @Override
  public boolean hasMinimums() {
    return zero == 0;
  }

  @Override
  public boolean hasNegativeScales() {
    return true;
  }

  @Override
  public DType valueType() {
    return DType.F32;
  }

  /** Whether a unit's scales are small integers times a scale of the unit. */
  public boolean hasSuperScales() {
    return unitGroups > 1;
  }

  @Override
  public boolean hasZero() {
    return !hasMinimums();
  }

  @Override
  public GridParameters.Counts numbers(int columns) {
    int least = hasMinimums() ? groups(columns) : 0;
    int units = hasSuperScales() ? units(columns) : 0;
    return new GridParameters.Counts(groups(columns), least, units, hasMinimums() ? units : 0);
  }

  @Override
  public Optional<SharedScales> sharedScales() {
    return hasSuperScales() ? Optional.of(new UnitScales(this)) : Optional.empty();
  }

  @Override
  public String describe() {
    return name() + " blocks";
  }

  @Override
  public int candidates() {
    return hasMinimums() ? DRAWS * DRAWS : 2 * SHRINKS;
  }

  @Override
  public void candidate(int index, double least, double most, GroupNumbers found) {
    if (hasMinimums()) {
      // A super-block's minimums are non-positive: they share one sign.
      double low = hasSuperScales() ? Math.min(0, least) : least;
      double span = Math.max(most, low) - low;
      int drawn = index / DRAWS;
      double from = low + DRAW * drawn * span;
      double to = low + span - DRAW * (index % DRAWS) * span;
      float minimum = hasSuperScales() ? (float) from : half(from);
      found.set(ideal((to - from) / maxCode), zero, minimum);
    } else {
      // One side of the grid is a step longer: the largest magnitude may lie on either.
      double extreme = -least > most ? least : most;
      double sign = index % 2 == 0 ? -1 : 1;
      int shrunk = index / 2;
      found.set(ideal(sign * extreme * (1 - SHRINK * shrunk) / zero), zero, 0);
    }
  }

  @Override
  public int neighbours() {
    return SCALES + (hasMinimums() ? 2 : leastFactor <= 0 ? 1 : 0);
  }

  /**
   * Scales one and two steps off, then minimums half a step off, or the scale of the other sign.
   */
  @Override
  public void neighbour(int index, GroupNumbers group) {
    int sign = index % 2 == 0 ? 1 : -1;
    if (index < SCALES && hasSuperScales()) {
      double moved = group.scale() + sign * (1 + index / 2) * (double) group.superScale();
      group.setScale(storableScale(moved, group.superScale()));
    } else if (index < SCALES) {
      group.setScale(halfScale(group.scale() * AffineGrid.neighbourFactor(index, maxCode)));
    } else if (hasMinimums()) {
      double step = hasSuperScales() ? group.superMinimum() : group.scale() / 2.0;
      group.setMinimum(movedMinimum(group, sign * step));
    } else {
      group.setScale(storableScale(-(double) group.scale(), group.superScale()));
    }
  }

  @Override
  public float movedScale(GroupNumbers group, double step) {
    return step == 0 ? group.scale() : storableScale(group.scale() + step, group.superScale());
  }

  @Override
  public float movedMinimum(GroupNumbers group, double step) {
    return storableMinimum(group.minimum() + step, group.superMinimum());
  }

  private float ideal(double scale) {
    return hasSuperScales() ? (float) scale : storableScale(scale, Float.NaN);
  }

  /** The nearest binary16 number that is finite. */
  static float half(double value) {
    float bounded = (float) Math.clamp(value, -65504.0, 65504.0);
    return Float.float16ToFloat(Float.floatToFloat16(bounded));
  }

  /** The same for a scale, which is not zero, of the same sign and with finite multiples. */
  static float halfScale(double value) {
    float rounded = half(value);
    return rounded == 0 ? Math.copySign(SMALLEST, rounded) : rounded;
  }

  /**
   * The storable scale of a group nearest to another.
   *
   * @param superScale of its unit; ignored where there is none
   */
  public float storableScale(double scale, float superScale) {
    if (!hasSuperScales()) {
      return halfScale(scale);
    }
    double factor = Math.clamp(Math.rint(scale / superScale), leastFactor, mostFactor);
    if (factor == 0) {
      factor = scale / superScale < 0 ? -1 : 1;
    }
    return (float) factor * superScale;
  }

  /** The storable super-scale nearest to another. */
  public float storableSuperScale(double superScale) {
    return halfScale(leastFactor > 0 ? Math.max(superScale, SMALLEST) : superScale);
  }

  /**
   * The storable minimum of a group nearest to another.
   *
   * @param superMinimum of its unit, not negative; ignored where there is none
   */
  public float storableMinimum(double minimum, float superMinimum) {
    if (!hasSuperScales()) {
      return half(minimum) + 0f;
    }
    if (superMinimum == 0) {
      return 0;
    }
    double factor = Math.clamp(Math.rint(-minimum / superMinimum), 0, MOST_MINIMUM);
    return 0f - (float) factor * superMinimum;
  }

  /** The storable super-minimum nearest to another. */
  public float storableSuperMinimum(double superMinimum) {
    return half(Math.max(0, superMinimum)) + 0f;
  }

  @Override
  public RowProjection rowProjection(Kernels kernels, int columns, SegmentAllocator allocator) {
    BlockFit fit = new BlockFit(this, kernels, columns, allocator);
    return fit::project;
  }

  @Override
  public Optional<String> check(Matrix t, GridParameters parameters) {
    return BlockCheck.check(this, t, parameters);
  }
}
