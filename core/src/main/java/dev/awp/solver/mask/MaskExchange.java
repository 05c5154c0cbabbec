// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.mask;

import dev.awp.constraint.Sparsity;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;

/**
 * Local search over masks, row by row: while an exchange of a kept for a dropped entry lowers f
 * with all other weights solved for anew, the best such exchange is made. What it ends with no
 * single exchange improves. Its cost grows with dIn^3 a row, so it serves layers of some hundred
 * columns (docs/decisions/0012). For one worker.
 */
public final class MaskExchange {
  /**
   * Columns up to which a tableau stays in a core's cache and costs less than all else together.
   */
  public static final int MOST_COLUMNS = 1024;

  /** Below this share of f an exchange is rounding. */
  private static final double LEAST_GAIN = 1e-7;

  private final Matrix c;
  private final int range;
  private final MaskTableau tableau;
  private long pivots;
  private long scans;

  public MaskExchange(Sparsity sparsity, Matrix c) {
    this.c = c;
    this.range = sparsity.exchangeRange(c.columns());
    this.tableau = new MaskTableau(c.columns());
  }

  /**
   * Searches from the mask of a row of T.
   *
   * @param w the row of W
   * @param t the row of T
   * @param out receives the least-squares weights on the mask found
   */
  public void improve(MemorySegment w, MemorySegment t, MemorySegment out) {
    tableau.start(w, t, c);
    // Every exchange lowers f, so none comes back; the limit is for rounding.
    for (int made = 0; made < c.columns(); made++) {
      MaskTableau.Exchange best = tableau.best(range);
      scans++;
      if (!(best.change() < -LEAST_GAIN * tableau.objective())) {
        break;
      }
      tableau.make(best);
      pivots += 2;
    }
    tableau.store(out);
  }

  /** Flops of the exchanges made so far, the tableaus' first pivots aside. */
  public double flops(double density) {
    double n = c.columns();
    return 2 * pivots * (n + 1) * (n + 1) + 9 * scans * density * (1 - density) * n * range;
  }

  /** Flops of setting a row's tableau up: a pivot for every kept column. */
  public static double startFlops(int columns, double density) {
    return 2 * (density * columns + 1) * (columns + 1.0) * (columns + 1.0);
  }
}
