// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect;

/**
 * The integer grid of a weight.
 *
 * @param bits of a code
 * @param groupSize columns that share a scale; the whole row where there is one group
 * @param symmetric whether all zero points lie in the middle of the codes
 */
public record StoredGrid(int bits, int groupSize, boolean symmetric) {
  /** In a few words: "int4 g128", "int3 asymmetric g64". */
  public String describe() {
    return "int%s %sg%s".formatted(bits, symmetric ? "" : "asymmetric ", groupSize);
  }
}
