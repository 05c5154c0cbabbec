// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.codebook;

import java.util.Arrays;

/** The codes of a run whose levels are known: what a block stores of it. Scratch for one thread. */
public final class VectorCodes {
  private final CodebookGrid grid;
  private final int columns;
  private final float[] levels;
  private final float[] plain;
  private final int[] codes;
  private final int[] signs;

  public VectorCodes(CodebookGrid grid) {
    this.grid = grid;
    this.columns = grid.codebook().columns();
    this.levels = new float[grid.runLength()];
    this.plain = new float[grid.runLength()];
    this.codes = new int[grid.runLength() / columns];
    this.signs = new int[codes.length];
  }

  /** The code of a vector of the run in the codebook. */
  public int code(int vector) {
    return codes[vector];
  }

  /**
   * A vector's signs, a bit for each column from the low one on, set where it is negative; or 1
   * where the vector is shifted down, and 0 where up.
   */
  public int signs(int vector) {
    return signs[vector];
  }

  /**
   * Takes the values of a run, as they are on the grid.
   *
   * @param values of a row
   * @param first column of the run
   * @param n columns of it
   * @param scale of its group
   * @param zeroPoint of its group
   * @return whether the values lie on the grid
   */
  public boolean take(float[] values, int first, int n, float scale, float zeroPoint) {
    for (int vector = 0; vector < codes.length; vector++) {
      codes[vector] = 0;
      signs[vector] = 0;
    }
    if (scale == 0) {
      return isZero(values, first, n, zeroPoint);
    }
    for (int j = 0; j < n; j++) {
      levels[j] = values[first + j] / scale;
      if (levels[j] * scale != values[first + j]) {
        return false;
      }
    }
    boolean found = true;
    for (int vector = 0; vector * columns < n; vector++) {
      int own = Math.min(columns, n - vector * columns);
      found &=
          switch (grid.signs()) {
            case FREE, EVEN -> takeSigned(vector, own);
            case SHIFT_OF_GROUP -> takeShifted(vector, own, -zeroPoint);
            case SHIFT_OF_VECTOR ->
                takeShifted(vector, own, CodebookGrid.SHIFT)
                    || takeShifted(vector, own, -CodebookGrid.SHIFT);
          };
    }
    return found && (grid.signs() != CodebookGrid.Signs.EVEN || makeEven(n));
  }

  private boolean isZero(float[] values, int first, int n, float zeroPoint) {
    boolean zero = true;
    for (int j = 0; j < n; j++) {
      zero &= values[first + j] == 0;
    }
    if (grid.signs() == CodebookGrid.Signs.SHIFT_OF_GROUP) {
      Arrays.fill(signs, zeroPoint > 0 ? 1 : 0);
    }
    return zero;
  }

  private boolean takeSigned(int vector, int n) {
    int at = vector * columns;
    int negative = 0;
    for (int j = 0; j < n; j++) {
      plain[at + j] = Math.abs(levels[at + j]);
      negative |= levels[at + j] < 0 ? 1 << j : 0;
    }
    signs[vector] = negative;
    codes[vector] = grid.codebook().find(plain, at, n);
    return found(vector);
  }

  private boolean takeShifted(int vector, int n, float shift) {
    int at = vector * columns;
    for (int j = 0; j < n; j++) {
      plain[at + j] = levels[at + j] - shift;
    }
    signs[vector] = shift < 0 ? 1 : 0;
    codes[vector] = grid.codebook().find(plain, at, n);
    return found(vector);
  }

  private boolean found(int vector) {
    boolean found = codes[vector] >= 0;
    codes[vector] = Math.max(0, codes[vector]);
    return found;
  }

  /** An even number of signs; columns behind a row's end may have any. */
  private boolean makeEven(int n) {
    int negative = 0;
    for (int some : signs) {
      negative += Integer.bitCount(some);
    }
    if (negative % 2 == 1 && n < grid.runLength()) {
      signs[codes.length - 1] |= 1 << (columns - 1);
      return true;
    }
    return negative % 2 == 0;
  }
}
