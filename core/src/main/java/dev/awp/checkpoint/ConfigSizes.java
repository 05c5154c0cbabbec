// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import dev.awp.config.GlobalHeads;
import java.util.List;
import java.util.Optional;

/**
 * The sizes of a model from which parts were removed, as config.json has to say them.
 *
 * @param widthKey key of the widths of feed-forward layers
 * @param neurons of the feed-forward layer of each block that stays and has one
 * @param heads of queries, of each block that has attention
 * @param keyValueHeads of keys, and of values, of each of these
 * @param headDimension columns of a head; said always, for readers take it from the number of heads
 *     where it is missing
 * @param blocks indices in the original of the blocks that stay, ascending
 * @param types of these, where config.json has to list them
 * @param globalHeads how config.json tells of other heads of blocks of type "full_attention", where
 *     it does; sizes of heads are left as they are then
 * @param sharingKey key of the number of blocks that share keys and values, where there is one
 * @param sharing how many do
 */
public record ConfigSizes(
    String widthKey,
    List<Integer> neurons,
    List<Integer> heads,
    List<Integer> keyValueHeads,
    int headDimension,
    List<Integer> blocks,
    List<String> types,
    Optional<GlobalHeads> globalHeads,
    Optional<String> sharingKey,
    int sharing) {
  public ConfigSizes {
    neurons = List.copyOf(neurons);
    heads = List.copyOf(heads);
    keyValueHeads = List.copyOf(keyValueHeads);
    blocks = List.copyOf(blocks);
    types = List.copyOf(types);
  }
}
