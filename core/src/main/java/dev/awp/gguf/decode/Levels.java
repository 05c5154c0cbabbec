// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.decode;

/** The sixteen levels that a nibble stands for. */
@SuppressWarnings("ImmutableEnumChecker") // nobody writes into the levels
enum Levels {
  /** Twice a number of two bits of exponent and one of mantissa; there is no -0. */
  E2M1(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12),
  /** Of IQ4_NL and IQ4_XS: denser around 0. */
  NON_LINEAR(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

  private final float[] levels;

  Levels(float... levels) {
    this.levels = levels;
  }

  /**
   * Decodes bytes whose low nibbles are so many columns, and whose high nibbles are as many more.
   */
  void decode(byte[] block, int from, int bytes, float scale, float[] values, int to) {
    for (int j = 0; j < bytes; j++) {
      int both = block[from + j];
      values[to + j] = scale * levels[both & 15];
      values[to + bytes + j] = scale * levels[(both >> 4) & 15];
    }
  }
}
