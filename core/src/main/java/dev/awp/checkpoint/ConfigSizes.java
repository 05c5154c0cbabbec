// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import java.util.List;
import java.util.Set;

/**
 * The sizes of a model from which parts were removed, as config.json has to say them.
 *
 * @param neurons of each feed-forward layer
 * @param heads of queries
 * @param keyValueHeads of keys, and of values
 * @param headDimension columns of a head; said always, for readers take it from the number of heads
 *     where it is missing
 * @param blocks indices in the original of the blocks that stay, ascending
 * @param sliding which of these have a sliding window; said block by block where some have and some
 *     have not
 */
public record ConfigSizes(
    int neurons,
    int heads,
    int keyValueHeads,
    int headDimension,
    List<Integer> blocks,
    Set<Integer> sliding) {
  public ConfigSizes {
    blocks = List.copyOf(blocks);
    sliding = Set.copyOf(sliding);
  }
}
