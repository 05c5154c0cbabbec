// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.block;

import dev.awp.constraint.Grid;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.RowProjection;
import dev.awp.constraint.affine.AffineGrid;
import dev.awp.constraint.affine.GroupNumbers;
import dev.awp.constraint.affine.Levels;
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
 *   <li>Q2_K, Q4_K, Q5_K: code sc d - mn m, sc and mn integers of four or six bits of the group, d
 *       and m of 8 or 16 groups;
 *   <li>IQ4_NL, Q1_0: level d; IQ4_XS: level sc d, sc a six-bit integer with sign, d of 8 groups;
 *   <li>MXFP4, NVFP4: level d, d no binary16 but a power of two, or eight bits with a mantissa of
 *       three ({@link ScaleNumber}), times a power of two of the whole matrix ({@link
 *       MatrixScale});
 *   <li>TQ1_0, TQ2_0, Q2_0: (code - 1) d.
 * </ul>
 *
 * <p>Scales are rounded to such numbers before codes are chosen, those of a unit together ({@link
 * UnitScales}). Q8_0 leaves the code of -128 out, as llama.cpp's own quantizer does.
 */
@SuppressWarnings("ImmutableEnumChecker") // nobody writes into levels
public enum BlockGrid implements AffineGrid {
  Q4_0(4, 15, 8, 32, 1, 0, 0),
  Q4_1(4, 15, 0, 32, 1, 0, 0),
  Q5_0(5, 31, 16, 32, 1, 0, 0),
  Q5_1(5, 31, 0, 32, 1, 0, 0),
  Q8_0(8, 254, 127, 32, 1, 0, 0),
  Q2_K(2, 3, 0, 16, 16, 1, 15),
  Q3_K(3, 7, 4, 16, 16, -32, 31),
  Q4_K(4, 15, 0, 32, 8, 1, 63),
  Q5_K(5, 31, 0, 32, 8, 1, 63),
  Q6_K(6, 63, 32, 16, 16, -128, 127),
  IQ4_NL(4, Levels.NON_LINEAR, ScaleNumber.HALF, 32, 1, 0, 0),
  IQ4_XS(4, Levels.NON_LINEAR, ScaleNumber.HALF, 32, 8, -32, 31),
  TQ1_0(2, 2, 1, 256, 1, 0, 0),
  TQ2_0(2, 2, 1, 256, 1, 0, 0),
  MXFP4(4, Levels.E2M1, ScaleNumber.E8M0, 32, 1, 0, 0),
  NVFP4(4, Levels.E2M1, ScaleNumber.UE4M3, 16, 1, 0, 0),
  Q1_0(1, Levels.SIGNS, ScaleNumber.HALF, 128, 1, 0, 0),
  Q2_0(2, 3, 1, 64, 1, 0, 0);

  /** The smallest positive binary16 number. */
  static final float SMALLEST = 0x1p-24f;

  /** Where there is a minimum, each end of a range is drawn in by so much of the range. */
  private static final double DRAW = 0.035;

  private static final int DRAWS = 11;

  /** Of two levels that are a mean magnitude each, the largest value lies about so far off. */
  private static final double REACH_OF_SIGNS = 2.5;

  private final int bits;
  private final Optional<Levels> levels;
  private final ScaleNumber number;
  private final int maxCode;
  private final int zero;
  private final int groupColumns;
  private final int unitGroups;
  private final int leastFactor;
  private final int mostFactor;

  /** Of equal steps. */
  BlockGrid(
      int bits,
      int maxCode,
      int zero,
      int groupColumns,
      int unitGroups,
      int leastFactor,
      int mostFactor) {
    this.bits = bits;
    this.levels = Optional.empty();
    this.number = ScaleNumber.HALF;
    this.maxCode = maxCode;
    this.zero = zero;
    this.groupColumns = groupColumns;
    this.unitGroups = unitGroups;
    this.leastFactor = leastFactor;
    this.mostFactor = mostFactor;
  }

  /** Of levels. */
  BlockGrid(
      int bits,
      Levels levels,
      ScaleNumber number,
      int groupColumns,
      int unitGroups,
      int leastFactor,
      int mostFactor) {
    this.bits = bits;
    this.levels = Optional.of(levels);
    this.number = number;
    this.maxCode = levels.count() - 1;
    this.zero = levels.zero();
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

  /** The code that counts as 0, which is its value where the grid has a 0; 0 with minimums. */
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

  /** Columns of a unit. */
  public int unitColumns() {
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
    return Math.ceilDiv(columns, unitColumns());
  }

  @Override
  public int groupSize(int columns) {
    return groupColumns;
  }

  @Override
  public int unitSize(int columns) {
    return unitColumns();
  }

  @Override
  public Optional<Levels> levels() {
    return levels;
  }

  @Override
  public boolean hasMinimums() {
    return levels.isEmpty() && zero == 0;
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

  /** Powers of two are too far apart to gain by what a sweep knows of a group. */
  @Override
  public boolean sweepsByGroups() {
    return this != IQ4_XS && this != Q2_K && number != ScaleNumber.E8M0;
  }

  /** The blocks of a grid: itself, or those whose scales a matrix multiplies besides. */
  public static Optional<BlockGrid> behind(Grid grid) {
    return switch (grid) {
      case BlockGrid blocks -> Optional.of(blocks);
      case ScaledBlocks scaled -> Optional.of(scaled.blocks());
      default -> Optional.empty();
    };
  }

  /** Whether all scales of a matrix are multiplied by a number besides ({@link MatrixScale}). */
  public boolean hasMatrixScale() {
    return number == ScaleNumber.UE4M3;
  }

  @Override
  public AffineGrid of(Matrix weights) {
    return hasMatrixScale() ? new ScaledBlocks(this, MatrixScale.of(weights)) : this;
  }

  @Override
  public boolean hasZero() {
    return levels.map(Levels::hasZero).orElse(!hasMinimums());
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
    return hasMinimums() ? DRAWS * DRAWS : number.clips();
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
      // One side of the grid may be longer: the largest magnitude may lie on either.
      double furthest = -least > most ? least : most;
      double extreme = number.isSigned() ? furthest : Math.abs(furthest);
      found.set(ideal(extreme * number.clip(index, maxCode) / reach()), zero, 0);
    }
  }

  /** On which multiple of the scale the largest magnitude of a range lies. */
  private double reach() {
    if (levels.isEmpty()) {
      return zero;
    }
    return maxCode == 1 ? REACH_OF_SIGNS : -levels.get().level(0);
  }

  @Override
  public int neighbours() {
    return hasSuperScales() || hasMinimums()
        ? ScaleNumber.STEPS + (hasMinimums() ? 2 : 1)
        : number.neighbours();
  }

  /**
   * Scales one and two steps off, then minimums half a step off, or the scale of the other sign.
   */
  @Override
  public void neighbour(int index, GroupNumbers group) {
    int sign = index % 2 == 0 ? 1 : -1;
    if (hasMinimums() && index >= ScaleNumber.STEPS) {
      double step = hasSuperScales() ? group.superMinimum() : group.scale() / 2.0;
      group.setMinimum(movedMinimum(group, sign * step));
    } else if (!hasSuperScales()) {
      group.setScale(number.neighbour(group.scale(), index, maxCode));
    } else {
      double moved =
          index < ScaleNumber.STEPS
              ? group.scale() + sign * (1 + index / 2) * (double) group.superScale()
              : -(double) group.scale();
      group.setScale(storableScale(moved, group.superScale()));
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
      return number.nearest(scale);
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
    double factor = Math.clamp(Math.rint(-minimum / superMinimum), 0, mostFactor);
    return 0f - (float) factor * superMinimum;
  }

  /** The storable super-minimum nearest to another. */
  public float storableSuperMinimum(double superMinimum) {
    return half(Math.max(0, superMinimum)) + 0f;
  }

  /**
   * The code, 0 .. maxCode(), of the nearest point; among levels their place.
   *
   * @param scale of its group, not zero
   * @param minimum of its group, 0 where there is none
   */
  public int nearest(float value, float scale, float minimum) {
    double steps = ((double) value - minimum) / scale;
    // Where steps are smaller than the value's last bit, the nearest may lie beyond the last.
    return levels.isPresent()
        ? levels.get().place(steps)
        : (int) Math.clamp(Math.rint(steps) + zero, 0, maxCode);
  }

  /**
   * The value of a code as above; of equal steps, of any other too. The product is exact, so this
   * is one rounding; adding turns -0 into +0.
   */
  public float value(int code, float scale, float minimum) {
    float multiple = levels.isPresent() ? levels.get().level(code) : code - zero;
    return multiple * scale + (minimum + 0f);
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
