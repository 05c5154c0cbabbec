// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.decode;

/** Q1_0: 128 columns; d, then 16 bytes, bit j of which is 1 where column j is d and 0 where -d. */
public final class Q1Decoder implements BlockDecoder {
  private static final int COLUMNS = 128;
  private static final int CODES = 2;

  @Override
  public void decode(byte[] block, float[] values) {
    float d = LittleEndian.half(block, 0);
    for (int j = 0; j < COLUMNS; j++) {
      values[j] = ((block[CODES + j / 8] >> (j % 8)) & 1) == 0 ? -d : d;
    }
  }
}
