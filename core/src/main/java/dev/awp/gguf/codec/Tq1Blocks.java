// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codec;

import dev.awp.gguf.decode.LittleEndian;

/**
 * TQ1_0: 256 columns of -1, 0 and 1 times d; 52 bytes of five columns each (four in the last four
 * bytes), then d. A byte is a fraction of 256: three times it has the first column's digit in front
 * of the point, and what is behind the point has the others. Bytes 0 to 31 have columns 32 n + l,
 * bytes 32 to 47 columns 160 + 16 n + l, bytes 48 to 51 columns 240 + 4 n + l.
 */
public final class Tq1Blocks implements BlockCodec {
  private static final int COLUMNS = 256;
  private static final int BYTES = 54;
  private static final int D = 52;
  private static final int DIGITS = 5;

  /** 3^5: so many numbers have five digits. */
  private static final int NUMBERS = 243;

  @Override
  public void pack(BlockRow row, byte[] bytes) {
    for (int block = 0; block < row.blocks(); block++) {
      int at = block * BYTES;
      int first = block * COLUMNS;
      pack(row.codes(), first, 5, bytes, at, 32);
      pack(row.codes(), first + 160, 5, bytes, at + 32, 16);
      pack(row.codes(), first + 240, 4, bytes, at + 48, 4);
      BlockCodec.putHalf(bytes, at + D, row.scales()[block]);
    }
  }

  private static void pack(byte[] codes, int first, int digits, byte[] bytes, int at, int count) {
    for (int l = 0; l < count; l++) {
      int number = 0;
      for (int n = 0; n < DIGITS; n++) {
        number = 3 * number + (n < digits ? codes[first + count * n + l] : 0);
      }
      // The smallest fraction that is not below the number's own.
      bytes[at + l] = (byte) Math.ceilDiv(256 * number, NUMBERS);
    }
  }

  @Override
  public void unpack(byte[] bytes, BlockRow row) {
    for (int block = 0; block < row.blocks(); block++) {
      int at = block * BYTES;
      int first = block * COLUMNS;
      unpack(bytes, at, 32, 5, row.codes(), first);
      unpack(bytes, at + 32, 16, 5, row.codes(), first + 160);
      unpack(bytes, at + 48, 4, 4, row.codes(), first + 240);
      row.scales()[block] = LittleEndian.half(bytes, at + D);
    }
  }

  private static void unpack(byte[] bytes, int at, int count, int digits, byte[] codes, int first) {
    for (int l = 0; l < count; l++) {
      int rest = bytes[at + l] & 0xff;
      for (int n = 0; n < digits; n++) {
        rest *= 3;
        codes[first + count * n + l] = (byte) (rest >> 8);
        rest &= 0xff;
      }
    }
  }
}
