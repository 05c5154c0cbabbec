// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.Kernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Optional;

/**
 * Unstructured sparsity: at most k = round(columns * (1 - ratio)) non-zeros in every row. Of equal
 * magnitudes the one with the lower column stays.
 *
 * @param ratio the share of zeros, in [0, 1); 0 is no constraint, as a ramp begins with
 */
public record RowSparsity(double ratio) implements Sparsity {
  public RowSparsity {
    if (!(ratio >= 0 && ratio < 1)) {
      throw new IllegalArgumentException(
          "the share of zeros must lie between 0 and 1, not " + ratio);
    }
  }

  /** How many entries of a row of that length may be non-zero. */
  public int kept(int columns) {
    return (int) Math.round(columns * (1 - ratio));
  }

  @Override
  public String describe() {
    BigDecimal percent = BigDecimal.valueOf(100 * ratio).round(new MathContext(4));
    return percent.stripTrailingZeros().toPlainString() + " % sparse";
  }

  @Override
  public float select(
      Kernels kernels, MemorySegment scores, MemorySegment values, float near, MemorySegment out) {
    int columns = (int) (values.byteSize() / Float.BYTES);
    return kernels.selection().keepLargest(scores, values, kept(columns), near, out);
  }

  @Override
  public int exchangeRange(int columns) {
    return columns;
  }

  @Override
  public double density() {
    return 1 - ratio;
  }

  @Override
  public Sparsity relaxed(double progress) {
    return new RowSparsity(ratio * progress);
  }

  @Override
  public Optional<String> check(Matrix t, GridParameters parameters) {
    int allowed = kept(t.columns());
    for (int r = 0; r < t.rows(); r++) {
      MemorySegment row = t.row(r);
      int count = 0;
      for (int c = 0; c < t.columns(); c++) {
        count += row.getAtIndex(JAVA_FLOAT, c) != 0 ? 1 : 0;
      }
      if (count > allowed) {
        return Optional.of(
            "row %s has %s non-zeros where %s of %s are allowed"
                .formatted(r, count, allowed, t.columns()));
      }
    }
    return Optional.empty();
  }
}
