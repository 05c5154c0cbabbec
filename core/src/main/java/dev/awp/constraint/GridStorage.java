// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

import dev.awp.tensor.DType;
import java.util.EnumSet;
import java.util.Set;

/**
 * How the numbers of a grid are stored, and so which grids there are.
 *
 * @param scales the types in which scales are stored, F32, F16 or BF16: with several, a scale is
 *     exact in all of them
 * @param values the type to which values are rounded; F32 where readers compute them from the codes
 * @param leastZeroPoint 0, or 1 where a zero point of 0 cannot be stored
 */
public record GridStorage(Set<DType> scales, DType values, int leastZeroPoint) {
  public GridStorage {
    scales = Set.copyOf(scales);
    if (scales.isEmpty() || !scales.stream().allMatch(DType::isComputable)) {
      throw new IllegalArgumentException("scales are stored as F32, F16 or BF16, not " + scales);
    }
    if (!values.isComputable()) {
      throw new IllegalArgumentException("a grid is stored as F32, F16 or BF16, not " + values);
    }
    if (leastZeroPoint != 0 && leastZeroPoint != 1) {
      throw new IllegalArgumentException("zero points begin at 0 or 1, not " + leastZeroPoint);
    }
  }

  /** Values as ordinary tensors of that type, their scales beside them in the same type. */
  public static GridStorage dense(DType dtype) {
    return new GridStorage(Set.of(dtype), dtype, 0);
  }

  /**
   * What is stored in both ways. Values are then those that the codes make, in float32, and who
   * stores them rounded rounds them.
   */
  public GridStorage and(GridStorage other) {
    Set<DType> types = EnumSet.copyOf(scales);
    types.addAll(other.scales);
    return new GridStorage(
        types,
        values == other.values ? values : DType.F32,
        Math.max(leastZeroPoint, other.leastZeroPoint));
  }

  /**
   * The type of the fewest significant bits: its values are exact in the others too, where they lie
   * in the normal range of all.
   */
  private DType coarsest() {
    if (scales.contains(DType.BF16)) {
      return DType.BF16;
    }
    return scales.contains(DType.F16) ? DType.F16 : DType.F32;
  }

  /** The nearest scale that is positive and normal and at most that large. */
  public float roundScale(double scale, double multiples) {
    float smallest = Float.MIN_NORMAL;
    double largest = Storage.largest(values) / multiples;
    for (DType type : scales) {
      smallest = Math.max(smallest, Storage.smallestNormal(type));
      largest = Math.min(largest, Storage.largest(type) / multiples);
    }
    return Storage.round(coarsest(), (float) Math.clamp(scale, smallest, largest));
  }

  /** Whether a scale is exact in every type. */
  public boolean holdsScale(float scale) {
    return scales.stream().allMatch(type -> Storage.round(type, scale) == scale);
  }
}
