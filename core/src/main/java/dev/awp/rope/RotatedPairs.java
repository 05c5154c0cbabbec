// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.rope;

/** Which of a head's rotated columns are the two of a plane. */
public enum RotatedPairs {
  /** Column i and the one half of the rotated columns further, as in LLaMA. */
  HALVES,
  /** Columns 2i and 2i + 1, as in GLM-4. */
  NEIGHBOURS
}
