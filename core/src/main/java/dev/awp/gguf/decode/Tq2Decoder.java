// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.decode;

/**
 * TQ2_0: 256 columns; 64 bytes of codes, then d. Column 128 n + 32 k + l has bits 2 k and 2 k + 1
 * of byte 32 n + l. A value is (code - 1) d.
 */
public final class Tq2Decoder implements BlockDecoder {
  private static final int BYTES = 64;
  private static final int D = 64;

  @Override
  public void decode(byte[] block, float[] values) {
    float d = LittleEndian.half(block, D);
    for (int i = 0; i < BYTES; i++) {
      int four = block[i];
      int to = 128 * (i / 32) + i % 32;
      values[to] = ((four & 3) - 1) * d;
      values[to + 32] = (((four >> 2) & 3) - 1) * d;
      values[to + 64] = (((four >> 4) & 3) - 1) * d;
      values[to + 96] = (((four >> 6) & 3) - 1) * d;
    }
  }
}
