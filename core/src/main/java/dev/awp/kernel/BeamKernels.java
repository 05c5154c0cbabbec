// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel;

import java.lang.foreign.MemorySegment;

/**
 * A search that keeps several ways to go on, for many lanes at once: each lane has ways of its own,
 * and a row holds one number of each lane. Of the choices that the ways of a lane have the best go
 * on. A choice and its score share an integer, so that choices are put in order by comparing
 * integers: {@link #CHOICE_BITS} of the score give way to the choice's number.
 */
public interface BeamKernels {
  /** Bits of a key that hold its choice. */
  int CHOICE_BITS = 5;

  /** The most choices of a lane. */
  int MOST_CHOICES = 1 << CHOICE_BITS;

  /** The bits of a key that are its choice. */
  int CHOICE = MOST_CHOICES - 1;

  /** The bits of an infinite score, beyond which there is none. */
  int INFINITY = 0x7f800000;

  /**
   * A choice of every lane: errors[i] = e = x[i] - values[i], and keys[i] = the bits of fma(weight
   * * e, e, scores[i]) without its sign, at most those of infinity (so that a NaN counts as
   * infinite), with the choice's number in the place of the last bits.
   *
   * @param scores of the way, not negative
   * @param choice 0 .. MOST_CHOICES - 1
   * @param errors may be x itself
   * @param keys int32
   */
  void propose(
      MemorySegment x,
      MemorySegment values,
      MemorySegment scores,
      float weight,
      int choice,
      MemorySegment errors,
      MemorySegment keys);

  /**
   * Puts the keys of every lane in ascending order.
   *
   * @param keys [count, lanes], int32
   * @param count 1 .. MOST_CHOICES
   */
  void sort(MemorySegment keys, int count);

  /**
   * Takes keys apart: choices[i], parents[i] = choices[i] / 2, and scores[i], whose last bits are
   * zero.
   */
  void split(
      MemorySegment keys, MemorySegment choices, MemorySegment parents, MemorySegment scores);

  /**
   * out[i] = table[choices[i]][i], words of 32 bits.
   *
   * @param choices int32; below count
   * @param table [count, lanes]
   */
  void pick(MemorySegment choices, MemorySegment table, MemorySegment out);

  /**
   * Lets every way go on from its parent: after[k][w][i] = fma(factors[k], errors[w][i],
   * before[k][parents[w][i]][i]).
   *
   * @param before [factors, ways, lanes]
   * @param parents [ways, lanes], int32; below ways
   * @param errors [ways, lanes]
   * @param ways 1 .. MOST_CHOICES
   * @param after of the shape of before; must not overlap it
   */
  void extend(
      MemorySegment before,
      MemorySegment parents,
      MemorySegment errors,
      MemorySegment factors,
      int ways,
      MemorySegment after);
}
