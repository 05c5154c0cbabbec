// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.affine;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.Constraint;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.GridStorage;
import dev.awp.constraint.RowProjection;
import dev.awp.constraint.Storage;
import dev.awp.kernel.Kernels;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.SegmentAllocator;
import java.util.Arrays;
import java.util.Optional;

/**
 * A group-wise integer grid: value = (code - zeroPoint) * scale with code in 0 .. 2^bits - 1.
 *
 * <p>Zero is always exactly on the grid: the zero point is an integer inside the code range.
 * Projecting fits scale and zero point to the smallest and largest entry of each group (zero
 * included) and rounds to the nearest code:
 *
 * <ul>
 *   <li>asymmetric: scale = (high - low) / (2^bits - 1), zeroPoint = round(-low / scale);
 *   <li>symmetric: scale = 2 max|z| / (2^bits - 1), zeroPoint = 2^(bits-1), the convention of GPTQ
 *       and compressed-tensors.
 * </ul>
 *
 * <p>Scales are rounded to the types in which they are stored before a code is chosen, and
 * projected values are rounded to theirs: they are exactly what the written file holds.
 *
 * <p>Where the parameters have channel scales (AWQ, Lin et al. 2024) it is the scaled columns that
 * lie on the grid: value = (code - zeroPoint) * scale / channelScale, computed in float32 in this
 * order. Projecting takes the channel scales as they are.
 *
 * @param bits 2, 3, 4 or 8
 * @param groupSize consecutive columns that share a scale; 0 for the whole row; the last group of a
 *     row may be shorter
 * @param symmetric whether the zero point is fixed in the middle
 * @param storage the types of scales and values
 */
public record IntegerGrid(int bits, int groupSize, boolean symmetric, GridStorage storage)
    implements AffineGrid {
  public IntegerGrid {
    if (bits != 2 && bits != 3 && bits != 4 && bits != 8) {
      throw new IllegalArgumentException("a grid has 2, 3, 4 or 8 bits, not " + bits);
    }
    if (groupSize < 0) {
      throw new IllegalArgumentException(
          "a group has at least 1 column, or 0 for the whole row, not " + groupSize);
    }
  }

  /** A grid whose values are stored as ordinary tensors of that type. */
  public IntegerGrid(int bits, int groupSize, boolean symmetric, DType dtype) {
    this(bits, groupSize, symmetric, GridStorage.dense(dtype));
  }

  /** Each end of a range is drawn in to 1, 0.93 ... 0.3 of itself. */
  private static final double CLIP_STEP = 0.07;

  private static final int CLIPS = 11;

  /** The largest code, 2^bits - 1. */
  @Override
  public int maxCode() {
    return (1 << bits) - 1;
  }

  @Override
  public int groupSize(int columns) {
    return groupSize == 0 ? Math.max(1, columns) : groupSize;
  }

  /** The scale of a group whose values span least &lt;= 0 to most &gt;= 0. */
  public float scaleOf(double least, double most) {
    if (symmetric) {
      return storableScale(2 * Math.max(-least, most) / maxCode());
    }
    // No range ends below the codes that lie above the least zero point.
    double above = most / (maxCode() - storage.leastZeroPoint());
    return storableScale(Math.max((most - least) / maxCode(), above));
  }

  /** The zero point of a group with that least value and scale. */
  public float zeroPointOf(double least, float scale) {
    return symmetric
        ? 1 << (bits - 1)
        : (float) Math.clamp(Math.rint(-least / scale), storage.leastZeroPoint(), maxCode());
  }

  /** The nearest stored scale that is positive and normal, and whose multiples all stay finite. */
  public float storableScale(double scale) {
    return storage.roundScale(scale, 2.0 * maxCode());
  }

  @Override
  public boolean hasMinimums() {
    return false;
  }

  @Override
  public boolean hasNegativeScales() {
    return false;
  }

  @Override
  public DType valueType() {
    return storage.values();
  }

  @Override
  public boolean hasZero() {
    return true;
  }

  @Override
  public int candidates() {
    return symmetric ? CLIPS : CLIPS * CLIPS;
  }

  @Override
  public void candidate(int index, double least, double most, GroupNumbers found) {
    int low = symmetric ? index : index / CLIPS;
    int high = index % CLIPS;
    double end = (1 - CLIP_STEP * low) * Math.min(0, least);
    float scale = scaleOf(end, (1 - CLIP_STEP * high) * Math.max(0, most));
    found.set(scale, zeroPointOf(end, scale), 0);
  }

  /** Scales one and two steps off. */
  private static final int SCALES = 4;

  @Override
  public int neighbours() {
    return symmetric ? SCALES : SCALES + 2;
  }

  @Override
  public void neighbour(int index, GroupNumbers group) {
    if (index < SCALES) {
      group.setScale(storableScale(group.scale() * AffineGrid.neighbourFactor(index, maxCode())));
    } else {
      float moved = group.zeroPoint() + (index == SCALES ? 1 : -1);
      group.setZeroPoint(Math.clamp(moved, storage.leastZeroPoint(), maxCode()));
    }
  }

  @Override
  public float movedScale(GroupNumbers group, double step) {
    double best = group.scale() + step;
    return best > 0 ? storableScale(best) : group.scale();
  }

  @Override
  public float movedMinimum(GroupNumbers group, double step) {
    return 0;
  }

  /** The grid of a constraint where it is one of these, as most of the field's methods need it. */
  public static Optional<IntegerGrid> of(Constraint constraint) {
    return constraint.grid().filter(IntegerGrid.class::isInstance).map(IntegerGrid.class::cast);
  }

  @Override
  public String describe() {
    String group = groupSize == 0 ? "one group a row" : "groups of " + groupSize;
    return bits + " bit, " + group + (symmetric ? ", symmetric" : "");
  }

  @Override
  public RowProjection rowProjection(Kernels kernels, int columns, SegmentAllocator allocator) {
    GridFit fit = new GridFit(this, kernels, columns, allocator);
    return fit::project;
  }

  /**
   * The point of a group's grid nearest to a value, rounded to the stored type as projecting does
   * it: for methods that choose the codes one after the other.
   */
  public float nearest(float value, float scale, float zeroPoint) {
    float steps = Math.clamp(value / scale, -zeroPoint, maxCode() - zeroPoint);
    // Adding zero turns -0 into +0.
    return Storage.round(storage.values(), (float) Math.rint(steps) * scale + 0f);
  }

  @Override
  public Optional<String> check(Matrix t, GridParameters parameters) {
    int groups = groups(t.columns());
    if (parameters.scales().rows() != t.rows() || parameters.scales().columns() != groups) {
      return Optional.of(
          "a matrix %s needs scales [%s, %s], there are %s"
              .formatted(t, t.rows(), groups, parameters.scales()));
    }
    Optional<Matrix> factors = parameters.channelScales();
    if (factors.isPresent() && factors.get().columns() != t.columns()) {
      return Optional.of("a matrix %s has channel scales %s".formatted(t, factors.get()));
    }
    float[] channels = channelScales(t.columns(), factors);
    for (int j = 0; j < t.columns(); j++) {
      if (!(channels[j] > 0) || !storage.holdsScale(channels[j])) {
        return Optional.of("column %s has the channel scale %s".formatted(j, channels[j]));
      }
    }
    int size = groupSize(t.columns());
    for (int r = 0; r < t.rows(); r++) {
      for (int c = 0; c < t.columns(); c++) {
        float scale = parameters.scales().get(r, c / size);
        float zeroPoint = parameters.zeroPoints().get(r, c / size);
        float value = t.row(r).getAtIndex(JAVA_FLOAT, c);
        if (!isOnGrid(value, scale, zeroPoint, channels[c])) {
          return Optional.of(
              "row %s, column %s holds %s, which is not on its grid of scale %s and zero point %s"
                  .formatted(r, c, value, scale, zeroPoint));
        }
      }
    }
    return Optional.empty();
  }

  /** One for every column that has none. */
  private static float[] channelScales(int columns, Optional<Matrix> factors) {
    float[] ones = new float[columns];
    Arrays.fill(ones, 1);
    return factors.map(from -> from.row(0).toArray(JAVA_FLOAT)).orElse(ones);
  }

  private boolean isOnGrid(float value, float scale, float zeroPoint, float channel) {
    boolean validGrid =
        scale > 0
            && storage.holdsScale(scale)
            && zeroPoint == Math.rint(zeroPoint)
            && zeroPoint >= storage.leastZeroPoint()
            && zeroPoint <= maxCode();
    // Rounding to the stored type moves a value by less than a step: its code is one of three.
    double nearest = Math.rint(value * channel / scale) + zeroPoint;
    for (double code = nearest - 1; validGrid && code <= nearest + 1; code++) {
      boolean inRange = code >= 0 && code <= maxCode();
      float point = (float) (code - zeroPoint) * scale / channel;
      if (inRange && Storage.round(storage.values(), point) == value) {
        return true;
      }
    }
    return false;
  }
}
