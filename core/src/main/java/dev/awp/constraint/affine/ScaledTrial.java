// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.affine;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.GroupTrial;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Other scales, zero points and minimums of a group, in all lanes. What is nearest is the matter of
 * the grid's kind.
 */
public abstract class ScaledTrial implements GroupTrial {
  private final ScaledLanes fits;
  private final GroupNumbers numbers = new GroupNumbers();
  private final Row trial;
  private final Row best;
  private int group;

  /** A trial of some fits. */
  protected ScaledTrial(ScaledLanes fits, Arena arena) {
    this.fits = fits;
    this.trial = Row.allocate(fits.lanes(), arena);
    this.best = Row.allocate(fits.lanes(), arena);
  }

  /** A group's numbers, each for every lane. */
  private record Row(MemorySegment scales, MemorySegment zeroPoints, MemorySegment minimums) {
    static Row allocate(int lanes, Arena arena) {
      Matrix rows = Matrix.allocate(arena, 3, lanes);
      return new Row(rows.row(0), rows.row(1), rows.row(2));
    }

    void copyLane(Row other, long byteOffset) {
      copy(other.scales, scales, byteOffset);
      copy(other.zeroPoints, zeroPoints, byteOffset);
      copy(other.minimums, minimums, byteOffset);
    }

    private static void copy(MemorySegment from, MemorySegment to, long byteOffset) {
      MemorySegment.copy(from, byteOffset, to, byteOffset, Float.BYTES);
    }
  }

  @Override
  public final void begin(int column) {
    group = fits.group(column);
    best.scales.copyFrom(fits.scales().row(group));
    best.zeroPoints.copyFrom(fits.zeroPoints().row(group));
    if (fits.grid().hasMinimums()) {
      best.minimums.copyFrom(fits.minimums().row(group));
    }
  }

  @Override
  public final void propose(int index) {
    for (int lane = 0; lane < fits.lanes(); lane++) {
      fits.read(group, lane, numbers);
      fits.grid().neighbour(index, numbers);
      trial.scales.setAtIndex(JAVA_FLOAT, lane, numbers.scale());
      trial.zeroPoints.setAtIndex(JAVA_FLOAT, lane, numbers.zeroPoint());
      trial.minimums.setAtIndex(JAVA_FLOAT, lane, numbers.minimum());
    }
  }

  /** The scales on trial of the group, for every lane. */
  protected MemorySegment scales() {
    return trial.scales;
  }

  /** The zero points on trial of the group, for every lane. */
  protected MemorySegment zeroPoints() {
    return trial.zeroPoints;
  }

  /** The minimums on trial of the group, for every lane; 0 where the grid has none. */
  protected MemorySegment minimums() {
    return trial.minimums;
  }

  @Override
  public final void values(MemorySegment codes, MemorySegment out) {
    fits.values(codes, trial.scales, trial.minimums, out);
  }

  @Override
  public final void keep(int lane) {
    best.copyLane(trial, (long) lane * Float.BYTES);
  }

  @Override
  public final void take() {
    fits.scales().row(group).copyFrom(best.scales);
    fits.zeroPoints().row(group).copyFrom(best.zeroPoints);
    if (fits.grid().hasMinimums()) {
      fits.minimums().row(group).copyFrom(best.minimums);
    }
  }
}
