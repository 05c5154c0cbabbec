// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.Set;

/**
 * How config.json tells of the heads of blocks without a sliding window, where these are others
 * than those of the blocks with one.
 *
 * @param dimensionKey key of the columns of a head
 * @param keysAreValuesKey key of whether their keys are their values too
 * @param keyValuesKey key of the number of heads of keys, which counts where keys are values
 * @param listKey key of an object of blocks by index with their "head_dim" and
 *     "num_key_value_heads", which counts before the first and the third key
 */
public record GlobalHeads(
    String dimensionKey, String keysAreValuesKey, String keyValuesKey, String listKey) {
  /** The keys of config.json that it depends on. */
  public Set<String> keys() {
    return Set.of(dimensionKey, keysAreValuesKey, keyValuesKey, listKey);
  }
}
