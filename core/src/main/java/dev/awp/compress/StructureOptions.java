// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * What of a model's structure is removed before its layers are compressed. Every block keeps the
 * same widths.
 *
 * @param width share of the linear weights of the blocks to remove, as neurons and key/value groups
 * @param neurons share of the neurons of each feed-forward layer to remove
 * @param groups share of the key/value heads, with their query heads, to remove
 * @param blocks how many whole blocks to remove
 * @param by how neurons and groups are chosen
 * @param blocksBy how blocks are chosen
 * @param multiple what the number of neurons that stay is a multiple of
 */
public record StructureOptions(
    OptionalDouble width,
    OptionalDouble neurons,
    OptionalDouble groups,
    int blocks,
    String by,
    String blocksBy,
    OptionalInt multiple) {
  public StructureOptions {
    if (width.isPresent() && (neurons.isPresent() || groups.isPresent())) {
      throw new IllegalArgumentException("the share of the weights says the others");
    }
  }

  /** As reports tell them. */
  public Map<String, Object> describe() {
    Map<String, Object> all = new LinkedHashMap<>();
    width.ifPresent(share -> all.put("pruneWidth", share));
    neurons.ifPresent(share -> all.put("pruneNeurons", share));
    groups.ifPresent(share -> all.put("pruneGroups", share));
    multiple.ifPresent(width -> all.put("pruneMultiple", width));
    all.put("pruneBy", by);
    if (blocks > 0) {
      all.put("pruneBlocks", blocks);
      all.put("pruneBlocksBy", blocksBy);
    }
    return all;
  }
}
