// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.decode;

/**
 * TQ1_0: 256 columns of -1, 0 and 1 times d; 52 bytes of five columns each (four in the last four
 * bytes), then d. A byte is a fraction of 256: three times it has the first column's digit in front
 * of the point, and what is behind the point has the others. Bytes 0 to 31 have columns 32 n + l,
 * bytes 32 to 47 columns 160 + 16 n + l, bytes 48 to 51 columns 240 + 4 n + l.
 */
public final class Tq1Decoder implements BlockDecoder {
  private static final int D = 52;

  @Override
  public void decode(byte[] block, float[] values) {
    float d = LittleEndian.half(block, D);
    digits(block, 0, 32, 5, d, values, 0);
    digits(block, 32, 16, 5, d, values, 160);
    digits(block, 48, 4, 4, d, values, 240);
  }

  private static void digits(
      byte[] block, int from, int bytes, int digits, float d, float[] values, int to) {
    for (int l = 0; l < bytes; l++) {
      int rest = block[from + l] & 0xff;
      for (int n = 0; n < digits; n++) {
        rest *= 3;
        values[to + bytes * n + l] = ((rest >> 8) - 1) * d;
        rest &= 0xff;
      }
    }
  }
}
