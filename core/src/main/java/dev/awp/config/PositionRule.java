// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.Set;

/** Which blocks know the positions of tokens, by rotation. */
public sealed interface PositionRule {
  /** Every block. */
  PositionRule ALL = new All();

  /** No block. */
  PositionRule NONE = new None();

  /** Where some blocks have a sliding window, those; every block of a model without. */
  PositionRule OF_WINDOWS = new OfWindows();

  /** The blocks that have a sliding window, and no others. */
  PositionRule WINDOWED = new Windowed();

  /** Every block. */
  record All() implements PositionRule {}

  /** No block. */
  record None() implements PositionRule {}

  /** Where some blocks have a sliding window, those; every block of a model without. */
  record OfWindows() implements PositionRule {}

  /** The blocks that have a sliding window, and no others. */
  record Windowed() implements PositionRule {}

  /**
   * Those that a list marks with 1; without the list, all but every so-many-th.
   *
   * @param key of the list
   * @param intervalKey of the number
   */
  record Marked(String key, String intervalKey) implements PositionRule {}

  /**
   * All where a key has a value, and none otherwise.
   *
   * @param key of a text
   * @param value that says so
   */
  record Said(String key, String value) implements PositionRule {}

  /** The keys of config.json that a rule depends on. */
  static Set<String> keys(PositionRule rule) {
    return switch (rule) {
      case Marked marked -> Set.of(marked.key(), marked.intervalKey());
      case Said said -> Set.of(said.key());
      case All _, None _, OfWindows _, Windowed _ -> Set.of();
    };
  }
}
