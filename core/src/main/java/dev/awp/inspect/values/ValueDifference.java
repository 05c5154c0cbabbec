// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.values;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.compute.Compute;
import dev.awp.inspect.StoredWeight;
import dev.awp.tensor.Matrix;
import java.util.List;

/**
 * How the values of one weight differ between two checkpoints.
 *
 * @param relativeError ||A - B||_F / ||A||_F; 0 where A is B, infinite where only A is 0, NaN where
 *     a value is not finite in one and not the same in the other
 * @param changed share of the values that are not equal; -0 is 0, and a NaN is a NaN
 * @param largest max |a - b|
 * @param sparsityBefore share of exact zeros in A
 * @param sparsityAfter share of exact zeros in B
 */
public record ValueDifference(
    double relativeError,
    double changed,
    double largest,
    double sparsityBefore,
    double sparsityAfter) {

  static ValueDifference of(StoredWeight before, StoredWeight after, Compute compute) {
    Sums total = new Sums();
    for (Sums part : RowBlocks.walk(List.of(before, after), compute, Sums::new)) {
      total.add(part);
    }
    double elements = before.elements();
    double relative = Math.sqrt(total.differences / total.squares);
    return new ValueDifference(
        total.differences == 0 ? 0 : relative,
        total.changed / elements,
        total.largest,
        total.zerosBefore / elements,
        total.zerosAfter / elements);
  }

  private static final class Sums implements RowBlocks.Part {
    private double squares;
    private double differences;
    private double largest;
    private long changed;
    private long zerosBefore;
    private long zerosAfter;

    @Override
    public void accept(List<Matrix> rows) {
      for (int r = 0; r < rows.getFirst().rows(); r++) {
        float[] before = rows.getFirst().row(r).toArray(JAVA_FLOAT);
        float[] after = rows.getLast().row(r).toArray(JAVA_FLOAT);
        for (int c = 0; c < before.length; c++) {
          add(before[c], after[c]);
        }
      }
    }

    private void add(float before, float after) {
      squares += (double) before * before;
      zerosBefore += before == 0 ? 1 : 0;
      zerosAfter += after == 0 ? 1 : 0;
      if (before == after || (Float.isNaN(before) && Float.isNaN(after))) {
        return;
      }
      double difference = (double) before - after;
      changed++;
      differences += difference * difference;
      largest = Math.max(largest, Math.abs(difference));
    }

    private void add(Sums other) {
      squares += other.squares;
      differences += other.differences;
      largest = Math.max(largest, other.largest);
      changed += other.changed;
      zerosBefore += other.zerosBefore;
      zerosAfter += other.zerosAfter;
    }
  }
}
