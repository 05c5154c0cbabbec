// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

/**
 * The points of some columns of one row, where codes are chosen one column after the other. Every
 * call is for many values: a search makes none for each. Scratch for one thread.
 */
public interface GridPoints {
  /**
   * Takes the fits of a lane: place j stands for columns[j].
   *
   * @param n how many places
   * @param held places where 0 is the only point
   */
  void take(int lane, int[] columns, int n, boolean[] held);

  /**
   * For each of some values the nearest point of a place, and the one on the value's other side.
   *
   * @param x values
   * @param n how many of them
   * @param found receives as many
   */
  void around(int place, float[] x, int n, Neighbourhood found);

  /**
   * The values of codes.
   *
   * @param codes of the places 0 .. n - 1
   */
  void values(float[] codes, int n, float[] out);

  /**
   * Points about values; codes and what they are worth.
   *
   * @param otherCodes NaN where there is no point on the other side
   */
  @SuppressWarnings("ArrayRecordComponent") // scratch of one thread, compared by nobody
  record Neighbourhood(float[] codes, float[] values, float[] otherCodes, float[] otherValues) {
    /** Room for so many values. */
    public static Neighbourhood allocate(int n) {
      return new Neighbourhood(new float[n], new float[n], new float[n], new float[n]);
    }
  }
}
