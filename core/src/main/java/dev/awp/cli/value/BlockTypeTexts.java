// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.value;

import dev.awp.gguf.block.BlockType;
import dev.awp.recipe.BlockChoice;
import java.util.Arrays;
import java.util.ListResourceBundle;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What help says of GGUF's types, by the list of them: texts for ${bundle:...} in options. */
public final class BlockTypeTexts extends ListResourceBundle {
  @Override
  protected Object[][] getContents() {
    return new Object[][] {
      {"gguf.blocks", blocks()},
      {"gguf.numbers", names(type -> type.dtype().isPresent())},
      {"gguf.mixes", mixes()},
      {"gguf.sparse", names(BlockType::hasZero)}
    };
  }

  /** Mixtures whose names are no types. */
  private static String mixes() {
    return BlockChoice.words().stream()
        .filter(word -> !word.startsWith(BlockChoice.MIX))
        .filter(word -> BlockChoice.parse(word).mixture().isPresent())
        .collect(Collectors.joining(", "));
  }

  /** Types of blocks, those with as many columns together. */
  private static String blocks() {
    return Arrays.stream(BlockType.values())
        .filter(type -> type.grid().isPresent())
        .map(BlockType::blockColumns)
        .distinct()
        .map(columns -> blocks(columns) + " (" + columns + " columns)")
        .collect(Collectors.joining(", "));
  }

  private static String blocks(int columns) {
    return names(type -> type.grid().isPresent() && type.blockColumns() == columns);
  }

  private static String names(Predicate<BlockType> chosen) {
    return Arrays.stream(BlockType.values())
        .filter(chosen)
        .map(BlockType::name)
        .collect(Collectors.joining(", "));
  }
}
