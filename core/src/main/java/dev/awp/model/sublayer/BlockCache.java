// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import dev.awp.config.BlockConfig;
import dev.awp.model.attention.KeyValueCache;
import dev.awp.model.attention.RotaryTable;
import dev.awp.model.recurrence.RecurrentState;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;

/**
 * What a block keeps of the tokens of one sequence that it has seen.
 *
 * @param attention what its attention does, where it has attention
 * @param recurrence what its recurrence does, where it has one
 */
public record BlockCache(Optional<KeyValueCache> attention, Optional<RecurrentState> recurrence) {
  /** An empty one, with room for that many tokens. */
  public static BlockCache of(BlockConfig block, int capacity, SegmentAllocator allocator) {
    return new BlockCache(
        block
            .ownAttention()
            .map(
                config ->
                    new KeyValueCache(
                        config.keyValueWidth(),
                        config.valueWidth(),
                        RotaryTable.of(config, capacity, allocator),
                        allocator)),
        block.recurrence().map(config -> new RecurrentState(config, allocator)));
  }

  /** Refuses more tokens than there is room for. */
  public void checkRoom(int tokens) {
    attention.ifPresent(seen -> seen.checkRoom(tokens));
  }
}
