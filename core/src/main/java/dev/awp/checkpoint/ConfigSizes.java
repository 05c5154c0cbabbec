// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import java.util.List;
import java.util.Set;

/**
 * The sizes of a model from which parts were removed, as config.json has to say them.
 *
 * @param neurons of the feed-forward layer of each block that stays
 * @param heads of queries, of each block
 * @param keyValueHeads of keys, and of values, of each block
 * @param headDimension columns of a head; said always, for readers take it from the number of heads
 *     where it is missing
 * @param blocks indices in the original of the blocks that stay, ascending
 * @param sliding which of these have a sliding window; said block by block where some have and some
 *     have not
 */
public record ConfigSizes(
    List<Integer> neurons,
    List<Integer> heads,
    List<Integer> keyValueHeads,
    int headDimension,
    List<Integer> blocks,
    Set<Integer> sliding) {
  public ConfigSizes {
    neurons = List.copyOf(neurons);
    heads = List.copyOf(heads);
    keyValueHeads = List.copyOf(keyValueHeads);
    blocks = List.copyOf(blocks);
    sliding = Set.copyOf(sliding);
  }
}
