// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.decode;

/** Q2_0: 64 columns; d, then 16 bytes of four codes each from the low bits on: (code - 1) d. */
public final class Q2Decoder implements BlockDecoder {
  private static final int BYTES = 16;
  private static final int CODES = 2;

  @Override
  public void decode(byte[] block, float[] values) {
    float d = LittleEndian.half(block, 0);
    for (int i = 0; i < BYTES; i++) {
      int four = block[CODES + i];
      values[4 * i] = ((four & 3) - 1) * d;
      values[4 * i + 1] = (((four >> 2) & 3) - 1) * d;
      values[4 * i + 2] = (((four >> 4) & 3) - 1) * d;
      values[4 * i + 3] = (((four >> 6) & 3) - 1) * d;
    }
  }
}
