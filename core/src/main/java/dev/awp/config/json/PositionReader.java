// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.config.PositionRule;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** Reads which blocks know positions, by the rule of their architecture. */
record PositionReader(ConfigObject root, PositionRule rule) {
  /**
   * For every block, whether it does.
   *
   * @param windows of the blocks
   */
  List<Boolean> ofBlocks(List<OptionalInt> windows) {
    boolean windowed = windows.stream().anyMatch(OptionalInt::isPresent);
    return IntStream.range(0, windows.size())
        .mapToObj(
            block ->
                switch (rule) {
                  case PositionRule.All _ -> true;
                  case PositionRule.None _ -> false;
                  case PositionRule.OfWindows _ -> !windowed || windows.get(block).isPresent();
                  case PositionRule.Windowed _ -> windows.get(block).isPresent();
                  case PositionRule.Said(String key, String value) ->
                      root.text(key, "").equals(value);
                  case PositionRule.Marked marked -> isMarked(marked, block, windows.size());
                })
        .toList();
  }

  private boolean isMarked(PositionRule.Marked marked, int block, int blocks) {
    if (!root.has(marked.key()) || root.node().path(marked.key()).isEmpty()) {
      return (block + 1) % root.integer(marked.intervalKey(), Integer.MAX_VALUE) != 0;
    }
    JsonNode marks = root.node().path(marked.key());
    JsonNode mark = marks.path(block);
    if (marks.size() != blocks || !mark.isInt() || mark.intValue() < 0 || mark.intValue() > 1) {
      throw root.fail(
          "%s must be a list of num_hidden_layers %s numbers 0 or 1"
              .formatted(marked.key(), blocks));
    }
    return mark.intValue() == 1;
  }
}
