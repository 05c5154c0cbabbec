// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.config.ModelConfig;
import dev.awp.config.WindowRule;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The blocks that stay whatever goes, for config.json counts on them.
 *
 * @param reasons of each, by its index
 */
record FixedBlocks(SortedMap<Integer, String> reasons) {
  /** Those of a model; none of most. */
  static FixedBlocks of(ModelConfig config) {
    SortedMap<Integer, String> reasons = new TreeMap<>();
    int last = config.layers() - 1;
    for (int source : config.sharedBlocks()) {
      reasons.put(source, "later ones take its keys and values");
      // The last one of each source stays: what flows through the model keeps its columns.
      int taker =
          IntStream.rangeClosed(0, last)
              .filter(block -> config.block(block).sharedFrom().equals(OptionalInt.of(source)))
              .max()
              .orElseThrow();
      reasons.put(taker, "it is the last that takes those of block " + (source + 1));
    }
    if (config.architecture().windows() instanceof WindowRule.AllButLast) {
      reasons.put(last, "readers take the last one for one without a window");
    }
    return new FixedBlocks(reasons);
  }

  /** Their indices, ascending. */
  List<Integer> blocks() {
    return List.copyOf(reasons.keySet());
  }

  /** Each with its reason, for messages. */
  String describe() {
    List<String> words = new ArrayList<>();
    reasons.forEach((block, why) -> words.add("block %s (%s)".formatted(block + 1, why)));
    return String.join(", ", words);
  }
}
