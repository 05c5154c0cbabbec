// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.block;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class BlockWidthsTest {
  @Test
  void typesGiveWayToShorterBlocks() {
    assertEquals(BlockType.Q5_0, BlockWidths.fitting(BlockType.Q4_K, 576));
    assertEquals(BlockType.Q5_1, BlockWidths.fitting(BlockType.Q5_K, 640));
    assertEquals(BlockType.Q8_0, BlockWidths.fitting(BlockType.Q6_K, 896));
    assertEquals(BlockType.Q4_0, BlockWidths.fitting(BlockType.Q3_K, 960));
    assertEquals(BlockType.Q4_K, BlockWidths.fitting(BlockType.Q4_K, 512));
  }

  @Test
  void whatNothingFitsStays() {
    assertEquals(BlockType.Q4_K, BlockWidths.fitting(BlockType.Q4_K, 172));
    assertEquals(BlockType.Q5_0, BlockWidths.shorter(BlockType.Q4_K));
    assertEquals(BlockType.IQ4_NL, BlockWidths.shorter(BlockType.IQ2_XS));
    assertEquals(BlockType.Q4_0, BlockWidths.fitting(BlockType.Q4_0, 33));
  }

  /** There is something for all rows of whole groups of 32. */
  @Test
  void everyTypeOfLongBlocksGivesWay() {
    for (BlockType type : BlockType.values()) {
      boolean weights = type.isWritable() && type.blockColumns() > 32;
      BlockType found = BlockWidths.fitting(type, 32);
      if (weights) {
        assertTrue(BlockWidths.fits(found, 32) && found.isWritable(), type.name());
        assertTrue(found.bitsPerWeight() >= type.bitsPerWeight() || type == BlockType.NVFP4);
      }
    }
  }
}
