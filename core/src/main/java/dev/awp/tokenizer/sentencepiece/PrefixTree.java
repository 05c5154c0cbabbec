// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.sentencepiece;

import java.util.HashMap;
import java.util.Map;

/** Words by their characters, to find all that a text continues with at a place. */
final class PrefixTree {
  private static final int ROOT = 0;
  private static final int NONE = -1;

  private final Map<Long, Integer> children = new HashMap<>();
  private final Map<Integer, Integer> values = new HashMap<>();
  private int nodes = 1;

  void add(String word, int value) {
    int node = ROOT;
    for (int i = 0; i < word.length(); i++) {
      node = children.computeIfAbsent(key(node, word.charAt(i)), key -> nodes++);
    }
    values.put(node, value);
  }

  private static long key(int node, char next) {
    return ((long) node << 16) | next;
  }

  /** Hears of a word that begins at a place. */
  @FunctionalInterface
  interface Found {
    void word(int end, int value);
  }

  /** Tells of all words that begin at a place of a text, the shortest first. */
  void prefixes(CharSequence text, int from, Found found) {
    int node = ROOT;
    for (int at = from; at < text.length(); at++) {
      node = children.getOrDefault(key(node, text.charAt(at)), NONE);
      if (node == NONE) {
        return;
      }
      Integer value = values.get(node);
      if (value != null) {
        found.word(at + 1, value);
      }
    }
  }

  /** End of the longest word that begins at a place, or that place where none does. */
  int longest(CharSequence text, int from) {
    int[] end = {from};
    prefixes(text, from, (at, value) -> end[0] = at);
    return end[0];
  }
}
