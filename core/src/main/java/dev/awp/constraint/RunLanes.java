// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;

/** The fits of a grid of runs: the codes of {@link Grid#runLength} columns are chosen together. */
public non-sealed interface RunLanes extends GridLanes {
  /**
   * The codes of a run's columns nearest to x in a form: those of the least e A e, with e = x less
   * their values, or hardly more.
   *
   * @param column the run's first, whose group's fits are meant
   * @param form A, [n, n], symmetric and positive, of all lanes
   * @param x values for each lane, [n, lanes]; n is less than the run's length in a row's last run
   * @param codes as many
   */
  void nearestRun(int column, float[] form, Matrix x, Matrix codes);

  /** A place to try other fits of a group. */
  Trial trial(Arena arena);

  /** Other fits of one group on trial. */
  interface Trial extends GroupTrial {
    /**
     * The codes of a run nearest to x in the fit on trial, as {@link RunLanes#nearestRun} has them.
     */
    void nearestRun(float[] form, Matrix x, Matrix codes);
  }
}
