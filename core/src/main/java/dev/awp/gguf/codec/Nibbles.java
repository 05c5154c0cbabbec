// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codec;

import dev.awp.constraint.affine.Levels;

/**
 * Places of sixteen levels as nibbles: of so many bytes the low nibbles are as many columns, the
 * high ones as many more. {@link Levels#E2M1} is stored as a sign and a place from 0 on, and its -0
 * is read as 0.
 */
final class Nibbles {
  private static final int SIGN = 8;

  private Nibbles() {}

  static void pack(BlockRow row, int first, byte[] bytes, int at, int count) {
    byte[] codes = row.codes();
    for (int j = 0; j < count; j++) {
      int low = nibble(row, codes[first + j]);
      bytes[at + j] = (byte) (low | (nibble(row, codes[first + count + j]) << 4));
    }
  }

  static void unpack(byte[] bytes, int at, int count, BlockRow row, int first) {
    byte[] codes = row.codes();
    for (int j = 0; j < count; j++) {
      codes[first + j] = place(row, bytes[at + j] & 15);
      codes[first + count + j] = place(row, (bytes[at + j] >> 4) & 15);
    }
  }

  private static int nibble(BlockRow row, int place) {
    int zero = signed(row);
    return place >= zero ? place - zero : SIGN | (zero - place);
  }

  private static byte place(BlockRow row, int nibble) {
    int zero = signed(row);
    boolean minus = zero > 0 && nibble >= SIGN;
    return (byte) (minus ? zero - (nibble - SIGN) : zero + nibble);
  }

  /** The place of 0 where nibbles have a sign; 0 otherwise. */
  private static int signed(BlockRow row) {
    return row.grid().hasZero() ? row.grid().zero() : 0;
  }
}
