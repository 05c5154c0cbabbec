// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

import dev.awp.compute.Compute;
import dev.awp.tensor.Matrix;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;

/**
 * A grid on which weights are rounded, group by group: the values that a group's columns can have
 * are a finite set, chosen by the numbers of the group. Which sets there are, and how one is fitted
 * to a group, is the grid's business alone: {@code AffineGrid}s have equal steps, codebooks have
 * levels of their own. What solvers do to many rows at once they do through {@link GridLanes}.
 */
public non-sealed interface Grid extends Constraint {
  /** Columns of a group in a row of that length, the last group aside. */
  int groupSize(int columns);

  /** Number of groups in a row of that length. */
  default int groups(int columns) {
    return Math.ceilDiv(columns, groupSize(columns));
  }

  /** Columns whose groups are stored together, a multiple of the group's. */
  default int unitSize(int columns) {
    return groupSize(columns);
  }

  /** Whether a unit is more than a group: its groups are fitted together. */
  default boolean sharesUnits(int columns) {
    return unitSize(columns) > groupSize(columns);
  }

  /**
   * Consecutive columns whose codes are chosen together, the first a multiple: those of a vector of
   * a codebook, or of vectors that share signs. Groups are whole runs. 1 where each column's code
   * stands alone.
   */
  default int runLength() {
    return 1;
  }

  /** Multiplications a column when the codes of its run are chosen; 0 where there are no runs. */
  default double searchMultiplications() {
    return 0;
  }

  /** Off-heap memory that choosing the codes of runs takes a worker, of so many lanes. */
  default long searchBytes(int lanes) {
    return 0;
  }

  /**
   * Whether a rounding sweep takes columns group after group, so that it can fit each group when it
   * gets there where {@link #sharesUnits} does not forbid it. Otherwise groups are fitted before
   * the sweep, which takes the columns in the order that costs least.
   */
  default boolean sweepsByGroups() {
    return true;
  }

  /** Whether 0 can be represented exactly whatever the numbers of a group are. */
  boolean hasZero();

  /** How many numbers a row of that length is stored with. */
  default GridParameters.Counts numbers(int columns) {
    return new GridParameters.Counts(groups(columns), 0, 0, 0);
  }

  /** How many sets of values beside a group's own {@link GroupTrial#propose} knows. */
  int neighbours();

  /**
   * How many numbers of a group {@link GridLanes#scaleFit} fits: 0 where it is empty, 1 for a
   * scale, 2 for a scale and a minimum.
   */
  default int fittedNumbers() {
    return 0;
  }

  /**
   * Room for the fits of some rows.
   *
   * @param columns of a row
   * @param lanes how many rows
   */
  GridLanes lanes(int columns, int lanes, Compute compute, SegmentAllocator allocator);

  @Override
  default Grid of(Matrix weights) {
    return this;
  }

  @Override
  default Optional<Grid> grid() {
    return Optional.of(this);
  }
}
