// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import dev.awp.config.Architecture;
import dev.awp.config.KeySharing;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;

/**
 * Reads which blocks take keys and values from an earlier one: the last of those before them that
 * do not, and are of their kind.
 */
record SharingReader(ConfigObject root, Architecture architecture) {
  /**
   * For every block the one that it takes them from, where it does.
   *
   * @param windows of the blocks
   * @param heads of the blocks
   */
  List<OptionalInt> ofBlocks(List<OptionalInt> windows, List<Heads> heads) {
    int blocks = windows.size();
    String key = architecture.keySharing().map(KeySharing::countKey).orElse("");
    int count = key.isEmpty() ? 0 : root.integerOrZero(key, blocks);
    if (count == 0) {
      return Collections.nCopies(blocks, OptionalInt.empty());
    }
    int first = blocks - count;
    List<OptionalInt> sources = new ArrayList<>();
    for (int block = 0; block < blocks; block++) {
      sources.add(
          block < first
              ? OptionalInt.empty()
              : OptionalInt.of(source(key, block, first, windows, heads)));
    }
    return sources;
  }

  private int source(
      String key, int block, int first, List<OptionalInt> windows, List<Heads> heads) {
    for (int source = first - 1; source >= 0; source--) {
      if (windows.get(source).isPresent() == windows.get(block).isPresent()) {
        if (heads.get(source).keyValues() != heads.get(block).keyValues()) {
          throw root.fail(
              "%s %s: blocks %s and %s have %s and %s heads of keys"
                  .formatted(
                      key,
                      root.node().path(key),
                      source + 1,
                      block + 1,
                      heads.get(source).keyValues(),
                      heads.get(block).keyValues()));
        }
        return source;
      }
    }
    throw root.fail(
        "%s %s leaves no block of its kind from which block %s could take keys and values"
            .formatted(key, root.node().path(key), block + 1));
  }
}
