// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import java.util.List;

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
 */
public record ConfigSizes(
    String widthKey,
    List<Integer> neurons,
    List<Integer> heads,
    List<Integer> keyValueHeads,
    int headDimension,
    List<Integer> blocks,
    List<String> types) {
  public ConfigSizes {
    neurons = List.copyOf(neurons);
    heads = List.copyOf(heads);
    keyValueHeads = List.copyOf(keyValueHeads);
    blocks = List.copyOf(blocks);
    types = List.copyOf(types);
  }
}
