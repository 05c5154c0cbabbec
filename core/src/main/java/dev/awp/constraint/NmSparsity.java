// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.Kernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * N:M sparsity: at most {@code keep} non-zeros in every {@code group} consecutive columns of a row,
 * such as 2:4. A shorter last group of g columns keeps at most min(keep, g).
 */
public record NmSparsity(int keep, int group) implements Sparsity {
  private static final int LARGEST_GROUP = 32;

  public NmSparsity {
    if (keep < 1 || keep > group || group > LARGEST_GROUP) {
      throw new IllegalArgumentException(
          "a pattern N:M keeps 1 <= N <= M of M <= %s columns, not %s:%s"
              .formatted(LARGEST_GROUP, keep, group));
    }
  }

  @Override
  public String describe() {
    return keep + ":" + group + " sparse";
  }

  @Override
  public float select(
      Kernels kernels, MemorySegment scores, MemorySegment values, float near, MemorySegment out) {
    kernels.selection().keepLargestOfGroups(scores, values, keep, group, out);
    return Float.NaN;
  }

  @Override
  public int exchangeRange(int columns) {
    return group;
  }

  @Override
  public double density() {
    return keep / (double) group;
  }

  @Override
  public Sparsity relaxed(double progress) {
    int kept = group - (int) Math.round((group - keep) * progress);
    return new NmSparsity(kept, group);
  }

  @Override
  public Optional<String> check(Matrix t, GridParameters parameters) {
    for (int r = 0; r < t.rows(); r++) {
      MemorySegment row = t.row(r);
      for (int start = 0; start < t.columns(); start += group) {
        int count = 0;
        for (int c = start; c < Math.min(start + group, t.columns()); c++) {
          count += row.getAtIndex(JAVA_FLOAT, c) != 0 ? 1 : 0;
        }
        if (count > keep) {
          return Optional.of(
              "row %s has %s non-zeros in the %s columns from %s where %s are allowed"
                  .formatted(r, count, group, start, keep));
        }
      }
    }
    return Optional.empty();
  }
}
