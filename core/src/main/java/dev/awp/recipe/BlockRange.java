// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.recipe;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Consecutive decoder blocks.
 *
 * @param first from 0; negative from the end, -1 is the last block
 * @param last included, likewise
 */
record BlockRange(int first, int last) {
  private static final Pattern RANGE = Pattern.compile("(-?\\d{1,6})(?:-(-?\\d{1,6}))?");

  /**
   * Reads a list such as "0-3,-1".
   *
   * @throws IllegalArgumentException where it is none
   */
  static List<BlockRange> parse(String text) {
    List<BlockRange> ranges = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      Matcher matcher = RANGE.matcher(part.strip());
      if (!matcher.matches()) {
        throw new IllegalArgumentException(
            "'" + text + "' is no list of blocks such as 0-3,-1; -1 is the last one");
      }
      int first = Integer.parseInt(matcher.group(1));
      int last = matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2));
      ranges.add(new BlockRange(first, last));
    }
    return ranges;
  }

  /** The first or last so many blocks. */
  static BlockRange edge(boolean first, int count) {
    if (count < 1) {
      throw new IllegalArgumentException("a number of blocks is at least 1, not " + count);
    }
    return first ? new BlockRange(0, count - 1) : new BlockRange(-count, -1);
  }

  /**
   * Whether a block lies in the range.
   *
   * @param blocks of the model
   */
  boolean contains(int block, int blocks) {
    return block >= absolute(first, blocks) && block <= absolute(last, blocks);
  }

  /**
   * Refuses a range that the model does not have.
   *
   * @throws IllegalArgumentException that tells how many blocks there are
   */
  void check(int blocks) {
    int from = absolute(first, blocks);
    int to = absolute(last, blocks);
    if (from < 0 || to >= blocks || from > to) {
      throw new IllegalArgumentException(
          "the model has blocks 0 to %s, not %s to %s".formatted(blocks - 1, first, last));
    }
  }

  private static int absolute(int block, int blocks) {
    return block < 0 ? blocks + block : block;
  }
}
