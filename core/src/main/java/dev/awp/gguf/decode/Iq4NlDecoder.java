// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.decode;

/**
 * IQ4_NL: 32 columns; d, then 16 bytes, the low nibble of byte j column j, the high one column j +
 * 16: the nibble's level times d.
 */
public final class Iq4NlDecoder implements BlockDecoder {
  @Override
  public void decode(byte[] block, float[] values) {
    Levels.NON_LINEAR.decode(block, 2, 16, LittleEndian.half(block, 0), values, 0);
  }
}
