// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import java.util.ArrayList;
import java.util.List;

/**
 * The numbers of heads of a block.
 *
 * @param queries 0 where the block has no attention
 * @param keyValues of keys, and of values
 */
record HeadCounts(int queries, int keyValues) {
  private static final int LARGEST = 1 << 14;

  /** Of every block; the first has attention. */
  static List<HeadCounts> ofBlocks(ConfigObject root, int blocks) {
    List<Integer> queries = root.ofBlocks("num_attention_heads", blocks, 0, LARGEST);
    List<Integer> keyValues =
        root.has("num_key_value_heads")
            ? root.ofBlocks("num_key_value_heads", blocks, 0, LARGEST)
            : queries;
    List<HeadCounts> all = new ArrayList<>();
    for (int block = 0; block < blocks; block++) {
      HeadCounts own = new HeadCounts(queries.get(block), keyValues.get(block));
      if (own.queries == 0 && block == 0) {
        throw root.fail("the first block has no attention, whose heads say how wide all heads are");
      }
      if ((own.queries == 0) != (own.keyValues == 0)) {
        throw root.fail(
            "block %s has %s query heads and %s key/value heads"
                .formatted(block + 1, own.queries, own.keyValues));
      }
      if (own.queries > 0 && own.queries % own.keyValues != 0) {
        throw root.fail(
            "num_attention_heads %s is no multiple of num_key_value_heads %s"
                .formatted(own.queries, own.keyValues));
      }
      all.add(own);
    }
    return all;
  }
}
