// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What fits offer whose values are linear in a group's scale, and in its minimum where it has one,
 * while codes stay: the best of these numbers have a closed form.
 */
public interface ScaleFit {
  /** The numbers of the group that begins at a column, put on trial in memory of the arena. */
  Trial group(int column, Arena arena);

  /**
   * The numbers that the groups of the unit share that begins at a column; asked for where {@link
   * Grid#sharesUnits}.
   */
  Trial unit(int column, Arena arena);

  /** New numbers on trial in all lanes. */
  interface Trial {
    /**
     * Derivatives of the values by the scale.
     *
     * @param codes of the group's or unit's columns, [n, lanes]
     * @return as many; may be the codes
     */
    Matrix scaleSlopes(Matrix codes);

    /** Derivatives by the minimum, [n, lanes]; without rows where there is none. */
    Matrix minimumSlopes(Matrix codes);

    /**
     * Puts numbers that are so far off on trial, rounded to what can be stored.
     *
     * @param scaleSteps for each lane
     * @param minimumSteps for each lane; ignored where there is no minimum
     */
    void move(double[] scaleSteps, double[] minimumSteps);

    /** The values of a column's codes on trial. */
    void values(int column, MemorySegment codes, MemorySegment out);

    /** The lane takes what is on trial. */
    void accept(int lane);
  }
}
