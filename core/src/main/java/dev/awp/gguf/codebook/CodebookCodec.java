// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codebook;

import dev.awp.gguf.decode.BlockDecoder;

/** How codes, signs and scales of a block lie in its bytes; both ways. */
public interface CodebookCodec extends BlockDecoder {
  /**
   * Encodes a block.
   *
   * @param bytes all of them, zeros before
   */
  void encode(VectorBlock block, byte[] bytes);
}
