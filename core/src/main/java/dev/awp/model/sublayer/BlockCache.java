// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import dev.awp.config.AttentionConfig;
import dev.awp.config.BlockConfig;
import dev.awp.model.attention.KeyValueCache;
import dev.awp.model.attention.RotaryTable;
import dev.awp.model.recurrence.RecurrentState;
import java.lang.foreign.SegmentAllocator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a block keeps of the tokens of one sequence that it has seen.
 *
 * @param attention what its attention does, where it has attention
 * @param borrows whether that is another block's, from which it takes keys and values
 * @param recurrence what its recurrence does, where it has one
 */
public record BlockCache(
    Optional<KeyValueCache> attention, boolean borrows, Optional<RecurrentState> recurrence) {
  /**
   * An empty one, with room for that many tokens.
   *
   * @param before those of the blocks before it
   */
  public static BlockCache of(
      BlockConfig block, int capacity, List<BlockCache> before, SegmentAllocator allocator) {
    OptionalInt from = block.sharedFrom();
    return new BlockCache(
        from.isPresent()
            ? before.get(from.getAsInt()).attention()
            : block.ownAttention().map(config -> cache(config, capacity, allocator)),
        from.isPresent(),
        block.recurrence().map(config -> new RecurrentState(config, allocator)));
  }

  private static KeyValueCache cache(
      AttentionConfig config, int capacity, SegmentAllocator allocator) {
    return new KeyValueCache(
        config.keyValueWidth(),
        config.valueWidth(),
        RotaryTable.of(config, capacity, allocator),
        allocator);
  }

  /** Refuses more tokens than there is room for. */
  public void checkRoom(int tokens) {
    attention.filter(_ -> !borrows).ifPresent(seen -> seen.checkRoom(tokens));
  }
}
