// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import dev.awp.config.AttentionConfig;
import dev.awp.model.attention.Attention;
import dev.awp.model.attention.KeyValueCache;
import dev.awp.model.attention.NextTokens;
import dev.awp.model.attention.RotaryTable;
import dev.awp.model.attention.SequencePlaces;
import dev.awp.model.attention.WholeSequences;
import java.lang.foreign.Arena;

/** A sublayer whose rows see others of their sequence, whatever queries, keys and values are. */
interface AttentionSublayer extends Sublayer {
  AttentionConfig config();

  /** How scores become outputs. */
  Attention attention();

  /**
   * Gets ready for chunks of rows.
   *
   * @param most rows of the largest chunk
   * @param places where the rows stand in their sequences
   */
  Pass prepare(int most, SequencePlaces places, Arena arena);

  @Override
  default Pass prepare(int most, int length, Arena arena) {
    RotaryTable rotary = RotaryTable.of(config(), length, arena);
    return prepare(most, new WholeSequences(length, rotary, attention()), arena);
  }

  @Override
  default Pass prepareNext(int most, BlockCache cache, Arena arena) {
    KeyValueCache seen = cache.attention().orElseThrow();
    // The block that they are of has seen these tokens.
    int past = cache.borrows() ? seen.length() - most : seen.length();
    return prepare(most, new NextTokens(past, seen, cache.borrows(), attention()), arena);
  }
}
