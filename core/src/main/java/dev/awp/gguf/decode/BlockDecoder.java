// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.decode;

/** Decodes the blocks of a type: any bytes, to the values that llama.cpp has for them. */
@FunctionalInterface
public interface BlockDecoder {
  /**
   * Decodes a block.
   *
   * @param block all its bytes
   * @param values receives as many as the type's block has columns
   */
  void decode(byte[] block, float[] values);
}
