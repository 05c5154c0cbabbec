// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.affine;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.ScaleFit;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** New scales and minimums of a group, or super-scales and super-minimums of a unit. */
record AffineScaleFit(ScaledLanes fits) implements ScaleFit {
  @Override
  public Trial group(int column, Arena arena) {
    return new GroupScales(fits, column, arena);
  }

  @Override
  public Trial unit(int column, Arena arena) {
    return new UnitTrial(fits, column, fits.grid().sharedScales().orElseThrow(), arena);
  }

  /** Numbers of one group: values go with the codes, and all alike with the minimum. */
  private static final class GroupScales implements Trial {
    private final ScaledLanes fits;
    private final int group;
    private final int columns;
    private final Arena arena;
    private final MemorySegment scales;
    private final MemorySegment minimums;
    private final GroupNumbers numbers = new GroupNumbers();

    GroupScales(ScaledLanes fits, int column, Arena arena) {
      this.fits = fits;
      this.group = fits.group(column);
      this.columns = fits.groupEnd(column) - column;
      this.arena = arena;
      this.scales = arena.allocate(JAVA_FLOAT, fits.lanes());
      this.minimums = arena.allocate(JAVA_FLOAT, fits.lanes());
    }

    @Override
    public Matrix scaleSlopes(Matrix codes) {
      return codes;
    }

    @Override
    public Matrix minimumSlopes(Matrix codes) {
      int rows = fits.grid().hasMinimums() ? columns : 0;
      Matrix ones = Matrix.allocate(arena, rows, fits.lanes());
      for (long i = 0; i < ones.size(); i++) {
        ones.segment().setAtIndex(JAVA_FLOAT, i, 1);
      }
      return ones;
    }

    @Override
    public void move(double[] scaleSteps, double[] minimumSteps) {
      for (int i = 0; i < fits.lanes(); i++) {
        fits.read(group, i, numbers);
        scales.setAtIndex(JAVA_FLOAT, i, fits.grid().movedScale(numbers, scaleSteps[i]));
        if (fits.grid().hasMinimums()) {
          float minimum = fits.grid().movedMinimum(numbers, minimumSteps[i]);
          minimums.setAtIndex(JAVA_FLOAT, i, minimum);
        }
      }
    }

    @Override
    public void values(int column, MemorySegment codes, MemorySegment out) {
      fits.values(codes, scales, minimums, out);
    }

    @Override
    public void accept(int lane) {
      fits.scales().set(group, lane, scales.getAtIndex(JAVA_FLOAT, lane));
      if (fits.grid().hasMinimums()) {
        fits.minimums().set(group, lane, minimums.getAtIndex(JAVA_FLOAT, lane));
      }
    }
  }
}
