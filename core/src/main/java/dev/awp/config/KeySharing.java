// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.Set;

/**
 * How config.json tells that the last blocks take keys and values from the last block before them
 * that is of their kind: with a sliding window, or without.
 *
 * @param countKey key of the number of such blocks
 * @param wideKey key of whether their feed-forward layers are twice as wide
 */
public record KeySharing(String countKey, String wideKey) {
  /** The keys of config.json that it depends on. */
  public Set<String> keys() {
    return Set.of(countKey, wideKey);
  }
}
