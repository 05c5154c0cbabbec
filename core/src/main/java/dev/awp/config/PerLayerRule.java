// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.Set;

/**
 * How config.json tells of vectors that every block has for each token, and what their tensors are
 * called.
 *
 * @param widthKey key of their width, 0 where there are none
 * @param vocabularyKey key of the number of tokens that there are vectors of
 * @param table module of the decoder with those of all blocks, a row a token
 * @param projection module of the decoder that makes them of a token's embedding
 * @param projectionNorm module of the decoder with the norm behind that
 * @param gate module of a block, of hidden states
 * @param output module of a block, of what the gates leave
 * @param outputNorm module of a block with the norm behind that
 */
public record PerLayerRule(
    String widthKey,
    String vocabularyKey,
    String table,
    String projection,
    String projectionNorm,
    String gate,
    String output,
    String outputNorm) {
  /** The keys of config.json that it depends on. */
  public Set<String> keys() {
    return Set.of(widthKey, vocabularyKey);
  }
}
