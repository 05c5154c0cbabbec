// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.config.Architecture;
import dev.awp.config.GlobalHeads;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The heads of a block.
 *
 * @param queries 0 where the block has no attention
 * @param keyValues of keys, and of values
 * @param dimension columns of a head of queries or keys
 * @param keysAreValues whether its keys are its values too
 */
record Heads(int queries, int keyValues, int dimension, boolean keysAreValues) {
  private static final int LARGEST = 1 << 14;
  private static final String KEY_VALUES = "num_key_value_heads";
  private static final String DIMENSION = "head_dim";

  /**
   * Of every block; the first has attention.
   *
   * @param dimension of a head, where config.json does not say it in the usual way
   * @param windows of the blocks
   */
  static List<Heads> ofBlocks(
      ConfigObject root,
      Architecture architecture,
      Optional<Integer> dimension,
      List<OptionalInt> windows,
      int largestWidth) {
    int blocks = windows.size();
    List<Integer> queries = root.ofBlocks("num_attention_heads", blocks, 0, LARGEST);
    List<Integer> keyValues =
        root.has(KEY_VALUES) ? root.ofBlocks(KEY_VALUES, blocks, 0, LARGEST) : queries;
    if (queries.getFirst() == 0) {
      throw root.fail("the first block has no attention, whose heads say how wide all heads are");
    }
    int usual =
        dimension.orElseGet(
            () ->
                root.integerOr(
                    DIMENSION,
                    root.integer("hidden_size", largestWidth) / queries.getFirst(),
                    largestWidth));
    List<Heads> all = new ArrayList<>();
    for (int block = 0; block < blocks; block++) {
      Heads own = new Heads(queries.get(block), keyValues.get(block), usual, false);
      boolean global = windows.get(block).isEmpty();
      all.add(
          architecture
              .globalHeads()
              .map(rule -> own.by(rule, root, global, largestWidth))
              .orElse(own));
    }
    architecture.globalHeads().ifPresent(rule -> change(all, rule, root, largestWidth));
    for (int block = 0; block < blocks; block++) {
      all.get(block).check(root, block, largestWidth);
    }
    return all;
  }

  /** Those of a block by the rule of its kind. */
  private Heads by(GlobalHeads rule, ConfigObject root, boolean global, int largestWidth) {
    if (!global) {
      return this;
    }
    boolean values = root.flag(rule.keysAreValuesKey());
    return new Heads(
        queries,
        values && !root.has(rule.listKey())
            ? root.integerOr(rule.keyValuesKey(), keyValues, LARGEST)
            : keyValues,
        root.has(rule.listKey()) ? dimension : root.integer(rule.dimensionKey(), largestWidth),
        values);
  }

  /** Takes what is said of single blocks. */
  private static void change(
      List<Heads> all, GlobalHeads rule, ConfigObject root, int largestWidth) {
    for (Map.Entry<String, JsonNode> entry : root.child(rule.listKey()).node().properties()) {
      String name = rule.listKey() + "." + entry.getKey();
      if (!entry.getKey().matches("\\d{1,5}") || Integer.parseInt(entry.getKey()) >= all.size()) {
        throw root.fail("%s is none of the %s blocks".formatted(name, all.size()));
      }
      entry
          .getValue()
          .properties()
          .forEach(
              own -> {
                if (!List.of(DIMENSION, KEY_VALUES).contains(own.getKey())) {
                  throw root.fail(
                      "%s.%s %s is not supported, only %s and %s are"
                          .formatted(name, own.getKey(), own.getValue(), DIMENSION, KEY_VALUES));
                }
              });
      ConfigObject said = new ConfigObject(root.file(), entry.getValue());
      int block = Integer.parseInt(entry.getKey());
      Heads own = all.get(block);
      all.set(
          block,
          new Heads(
              own.queries,
              said.integerOr(KEY_VALUES, own.keyValues, LARGEST),
              said.integerOr(DIMENSION, own.dimension, largestWidth),
              own.keysAreValues));
    }
  }

  private void check(ConfigObject root, int block, int largestWidth) {
    if ((queries == 0) != (keyValues == 0)) {
      throw root.fail(
          "block %s has %s query heads and %s key/value heads"
              .formatted(block + 1, queries, keyValues));
    }
    if (queries > 0 && queries % keyValues != 0) {
      throw root.fail(
          "num_attention_heads %s is no multiple of num_key_value_heads %s"
              .formatted(queries, keyValues));
    }
    if (dimension < 2 || dimension % 2 != 0) {
      throw root.fail("the head dimension " + dimension + " is not even");
    }
    if ((long) queries * dimension > largestWidth) {
      throw root.fail("num_attention_heads x head_dim is above " + largestWidth);
    }
  }
}
