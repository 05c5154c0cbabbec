// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.decode;

/**
 * MXFP4: 32 columns; a byte e, then 16 bytes, the low nibble of byte j column j, the high one
 * column j + 16: E2M1 times 2^(e - 127).
 */
public final class Mxfp4Decoder implements BlockDecoder {
  @Override
  public void decode(byte[] block, float[] values) {
    // The levels are doubled, so the scale is halved; 2^-128 is subnormal, and scalb has it exact.
    float scale = Math.scalb(1f, (block[0] & 0xff) - 128);
    Levels.E2M1.decode(block, 1, 16, scale, values, 0);
  }
}
