// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.recipe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.constraint.Grid;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.block.BlockWidths;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TypeLadderTest {
  @ParameterizedTest
  @EnumSource
  void itsTypesFitAndGoFromFewBitsToMany(TypeLadder ladder) {
    for (int columns : List.of(32, 64, 256, 576, 640, 896, 1536, 4096)) {
      List<BlockType> types = ladder.types(columns, false);
      assertTrue(types.size() > 3);
      double before = 0;
      for (BlockType type : types) {
        assertTrue(BlockWidths.fits(type, columns), type + " " + columns);
        assertTrue(type.bitsPerWeight() >= before, type + " " + columns);
        before = type.bitsPerWeight();
      }
      assertEquals(BlockType.Q8_0, types.getLast());
      List<BlockType> zeros = ladder.types(columns, true);
      assertTrue(zeros.size() > 1);
      assertTrue(zeros.stream().allMatch(type -> type.grid().filter(Grid::hasZero).isPresent()));
    }
  }

  /** Rows of such a width are filled up, by the same columns whatever the type is. */
  @ParameterizedTest
  @EnumSource
  void whereNoneFitsAllHaveTheShortestBlocks(TypeLadder ladder) {
    for (BlockType type : ladder.types(172, false)) {
      assertEquals(32, type.blockColumns(), type.name());
    }
  }
}
