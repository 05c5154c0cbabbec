// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.HashSet;
import java.util.Set;

/** Which blocks have the sliding window that config.json tells the width of. */
public sealed interface WindowRule {
  /** No block, whatever config.json says. */
  WindowRule NEVER = new Never();

  /** Every block. */
  WindowRule ALL = new All();

  /** No block, whatever config.json says. */
  record Never() implements WindowRule {}

  /** Every block. */
  record All() implements WindowRule {}

  /** Those that another rule names, where the flag "use_sliding_window" is set. */
  record Flagged(WindowRule rule) implements WindowRule {}

  /** Those that "layer_types" lists; where it is missing, those that another rule names. */
  record Listed(WindowRule otherwise) implements WindowRule {}

  /** config.json has to list them: versions of transformers disagree on which they are. */
  record Unlisted() implements WindowRule {}

  /**
   * A block and all behind it.
   *
   * @param key of the first one's index
   * @param fallback the index where the key is missing
   */
  record From(String key, int fallback) implements WindowRule {}

  /** All but every so-many-th. */
  record AllButEvery(int count) implements WindowRule {}

  /** All but every so-many-th, as a key says. */
  record AllButEveryOf(String key) implements WindowRule {}

  /** Those that another rule names, but for the last block. */
  record AllButLast(WindowRule rule) implements WindowRule {}

  /** The keys of config.json that a rule depends on. */
  static Set<String> keys(WindowRule rule) {
    Set<String> keys = new HashSet<>();
    if (!(rule instanceof Never)) {
      keys.add("sliding_window");
    }
    switch (rule) {
      case Never _, All _, Unlisted _, AllButEvery _ -> {}
      case Flagged(WindowRule flagged) -> {
        keys.add("use_sliding_window");
        keys.addAll(keys(flagged));
      }
      case Listed(WindowRule otherwise) -> {
        keys.add(BlockConfig.TYPES_KEY);
        keys.addAll(keys(otherwise));
      }
      case AllButLast(WindowRule others) -> keys.addAll(keys(others));
      case From(String key, int _) -> keys.add(key);
      case AllButEveryOf(String key) -> keys.add(key);
    }
    return keys;
  }
}
