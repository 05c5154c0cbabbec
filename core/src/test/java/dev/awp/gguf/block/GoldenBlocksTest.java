// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.block;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.awp.constraint.block.BlockGrid;
import dev.awp.gguf.codec.BlockRow;
import dev.awp.gguf.decode.LittleEndian;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Blocks built byte by byte from the description of their layout, and random bytes decoded by loops
 * over bytes, where the codecs loop over columns.
 */
class GoldenBlocksTest {
  private static float[] decode(BlockGrid grid, byte[] bytes) {
    float[] values = new float[columns(grid)];
    rows(grid).read(MemorySegment.ofArray(bytes), MemorySegment.ofArray(values));
    return values;
  }

  private static int columns(BlockGrid grid) {
    return BlockType.of(grid).orElseThrow().blockColumns();
  }

  /** Rows of one block. */
  private static AffineRows rows(BlockGrid grid) {
    BlockType type = BlockType.of(grid).orElseThrow();
    return (AffineRows) type.blocks(columns(grid), columns(grid));
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  @Test
  void fourBitsAreNibblesOfTheLowerAndUpperHalf() {
    // d = 0.5; byte j holds j below and 15 - j above.
    float[] values = decode(BlockGrid.Q4_0, bytes("0038 f0e1d2c3b4a5968778695a4b3c2d1e0f"));
    for (int j = 0; j < 16; j++) {
      assertEquals(0.5f * (j - 8), values[j]);
      assertEquals(0.5f * (15 - j - 8), values[j + 16]);
    }
    // d = 0.25, m = -1.5
    values = decode(BlockGrid.Q4_1, bytes("0034 00be f0e1d2c3b4a5968778695a4b3c2d1e0f"));
    for (int j = 0; j < 16; j++) {
      assertEquals(0.25f * j - 1.5f, values[j]);
      assertEquals(0.25f * (15 - j) - 1.5f, values[j + 16]);
    }
  }

  @Test
  void fifthBitsAreTakenFromAWordOfTheirOwn() {
    // d = 1; fifth bits of columns 0, 9, 16 and 31; all nibbles 3 below, 12 above.
    byte[] block = bytes("003c 01020180 c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3");
    float[] values = decode(BlockGrid.Q5_0, block);
    float[] withMinimum =
        decode(BlockGrid.Q5_1, bytes("003c 0040 01020180 c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3"));
    for (int j = 0; j < 32; j++) {
      boolean fifth = j == 0 || j == 9 || j == 16 || j == 31;
      int code = (j < 16 ? 3 : 12) + (fifth ? 16 : 0);
      assertEquals(code - 16, values[j]);
      assertEquals(code + 2, withMinimum[j]);
    }
  }

  @Test
  void eightBitsAreSignedBytes() {
    byte[] block = new byte[34];
    block[1] = 0x40; // d = 2
    block[2] = 127;
    block[3] = -127;
    block[4] = -128;
    block[33] = 5;
    float[] values = decode(BlockGrid.Q8_0, block);
    assertEquals(254f, values[0]);
    assertEquals(-254f, values[1]);
    assertEquals(-256f, values[2]);
    assertEquals(10f, values[31]);
    assertEquals(0f, values[15]);
  }

  @Test
  void sixBitsAreJoinedFromTwoPlaces() {
    byte[] block = new byte[210];
    block[209] = 0x3c; // d = 1
    Arrays.fill(block, 192, 208, (byte) 1);
    block[192 + 15] = -3;
    // Column 255 = 128 + 96 + 31: high nibble of byte 64 + 32 + 31, bits 6 and 7 of byte 32 + 31.
    block[127] = (byte) 0x50;
    block[128 + 63] = (byte) 0x80;
    float[] values = decode(BlockGrid.Q6_K, block);
    assertEquals(-32f, values[0]);
    assertEquals(-3f * (5 + 32 - 32), values[255]);
    assertEquals(-3f * -32, values[254]);
  }

  @ParameterizedTest
  @EnumSource(names = {"Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q3_K", "Q4_K", "Q5_K", "Q6_K"})
  void randomBytesDecodeAsByLoopsOverBytes(BlockGrid grid) {
    Random random = new Random(grid.name().hashCode());
    int size = BlockType.valueOf(grid.name()).blockBytes();
    for (int i = 0; i < 200; i++) {
      byte[] block = new byte[size];
      random.nextBytes(block);
      float[] expected = reference(grid, block);
      float[] actual = decode(grid, block);
      for (int j = 0; j < expected.length; j++) {
        if (Float.isFinite(expected[j])) {
          assertEquals(expected[j], actual[j], 0, grid + " column " + j);
        }
      }
      assertArrayEquals(block, packedAgain(grid, block), grid + ": " + Arrays.toString(block));
    }
  }

  /** Bytes may differ where two stand for the same value, as the two zeros of E2M1. */
  @ParameterizedTest
  @EnumSource
  void whatIsPackedAgainHasTheSameValues(BlockGrid grid) {
    Random random = new Random(grid.name().hashCode());
    int size = BlockType.valueOf(grid.name()).blockBytes();
    for (int i = 0; i < 200; i++) {
      byte[] block = new byte[size];
      random.nextBytes(block);
      for (int g = 0; g < 4 && grid == BlockGrid.NVFP4; g++) {
        // 0x7f is no scale, and the eighth bit says nothing.
        block[g] = (byte) ((block[g] & 0x7f) % 0x7f);
      }
      float[] expected = decode(grid, block);
      assertArrayEquals(expected, decode(grid, packedAgain(grid, block)), grid.name());
    }
  }

  @Test
  void digitsOfThreeArePackedAsTheSmallestFractions() {
    // ggml: the byte is (number * 256 + 242) / 243, for four digits of the number times three.
    byte[] block = new byte[54];
    block[0] = (byte) ((256 * (2 * 81 + 27 + 2) + 242) / 243);
    block[48] = (byte) ((256 * 3 * (27 + 2 * 3) + 242) / 243);
    block[53] = 0x3c; // d = 1
    float[] values = decode(BlockGrid.TQ1_0, block);
    assertEquals(List.of(1f, 0f, -1f, -1f, 1f), few(values, 0, 32, 64, 96, 128));
    assertEquals(List.of(0f, -1f, 1f, -1f), few(values, 240, 244, 248, 252));
    assertArrayEquals(block, packedAgain(BlockGrid.TQ1_0, block));
  }

  private static List<Float> few(float[] values, int... columns) {
    return Arrays.stream(columns).mapToObj(j -> values[j]).toList();
  }

  /** Packs what was unpacked; where d is 0 or not finite the integers of the scales are lost. */
  private static byte[] packedAgain(BlockGrid grid, byte[] block) {
    AffineRows rows = rows(grid);
    rows.read(MemorySegment.ofArray(block), MemorySegment.ofArray(new float[columns(grid)]));
    BlockRow row = rows.row();
    float d = grid.hasSuperScales() ? row.superScales()[0] : row.scales()[0];
    float m = grid.hasSuperScales() ? row.superMinimums()[0] : row.minimums()[0];
    if (!Float.isFinite(d) || d == 0 || !Float.isFinite(m) || (m == 0 && grid.hasMinimums())) {
      return block;
    }
    byte[] again = new byte[block.length];
    rows.pack(MemorySegment.ofArray(again));
    return again;
  }

  private static float half(byte[] b, int at) {
    return LittleEndian.half(b, at);
  }

  private static float[] reference(BlockGrid grid, byte[] b) {
    float[] y = new float[columns(grid)];
    switch (grid) {
      case Q4_0, Q4_1, Q5_0, Q5_1 -> small(grid, b, y);
      case Q8_0 -> {
        for (int j = 0; j < 32; j++) {
          y[j] = half(b, 0) * b[2 + j];
        }
      }
      case Q3_K -> three(b, y);
      case Q4_K, Q5_K -> minimums(grid == BlockGrid.Q5_K, b, y);
      case Q6_K -> six(b, y);
      default -> throw new IllegalArgumentException(grid + " is held against the gguf package");
    }
    return y;
  }

  private static void small(BlockGrid grid, byte[] b, float[] y) {
    boolean minimum = grid == BlockGrid.Q4_1 || grid == BlockGrid.Q5_1;
    boolean fifth = grid == BlockGrid.Q5_0 || grid == BlockGrid.Q5_1;
    int bits = minimum ? 4 : 2;
    int nibbles = bits + (fifth ? 4 : 0);
    for (int j = 0; j < 16; j++) {
      int low = b[nibbles + j] & 15;
      int high = (b[nibbles + j] & 0xff) >> 4;
      if (fifth) {
        low |= ((b[bits + j / 8] >> (j % 8)) & 1) << 4;
        high |= ((b[bits + 2 + j / 8] >> (j % 8)) & 1) << 4;
      }
      int zero = minimum ? 0 : fifth ? 16 : 8;
      y[j] = half(b, 0) * (low - zero) + (minimum ? half(b, 2) : 0);
      y[j + 16] = half(b, 0) * (high - zero) + (minimum ? half(b, 2) : 0);
    }
  }

  /** The sixteen scales as four words of bytes, as ggml unpacks them. */
  private static void three(byte[] b, float[] y) {
    int[] scales = new int[16];
    for (int k = 0; k < 4; k++) {
      int high = b[96 + 8 + k] & 0xff;
      scales[k] = (b[96 + k] & 15) | ((high & 3) << 4);
      scales[4 + k] = (b[96 + 4 + k] & 15) | (((high >> 2) & 3) << 4);
      scales[8 + k] = ((b[96 + k] & 0xff) >> 4) | (((high >> 4) & 3) << 4);
      scales[12 + k] = ((b[96 + 4 + k] & 0xff) >> 4) | (((high >> 6) & 3) << 4);
    }
    int at = 0;
    int mask = 1;
    for (int n = 0; n < 2; n++) {
      for (int shift = 0; shift < 8; shift += 2) {
        for (int l = 0; l < 32; l++) {
          int code = (b[32 + 32 * n + l] >> shift) & 3;
          int value = code - ((b[l] & mask) != 0 ? 0 : 4);
          y[at] = half(b, 108) * (scales[at / 16] - 32) * value;
          at++;
        }
        mask <<= 1;
      }
    }
  }

  private static void minimums(boolean fifth, byte[] b, float[] y) {
    int codes = fifth ? 48 : 16;
    for (int k = 0; k < 4; k++) {
      for (int l = 0; l < 32; l++) {
        int low = b[codes + 32 * k + l] & 15;
        int high = (b[codes + 32 * k + l] & 0xff) >> 4;
        if (fifth) {
          low += ((b[16 + l] >> (2 * k)) & 1) * 16;
          high += ((b[16 + l] >> (2 * k + 1)) & 1) * 16;
        }
        y[64 * k + l] = value(b, 2 * k, low);
        y[64 * k + 32 + l] = value(b, 2 * k + 1, high);
      }
    }
  }

  private static float value(byte[] b, int j, int code) {
    int scale;
    int minimum;
    if (j < 4) {
      scale = b[4 + j] & 63;
      minimum = b[8 + j] & 63;
    } else {
      scale = (b[8 + j] & 15) | (((b[j] & 0xff) >> 6) << 4);
      minimum = ((b[8 + j] & 0xff) >> 4) | (((b[4 + j] & 0xff) >> 6) << 4);
    }
    return half(b, 0) * scale * code - half(b, 2) * minimum;
  }

  private static void six(byte[] b, float[] y) {
    for (int n = 0; n < 2; n++) {
      for (int l = 0; l < 32; l++) {
        int high = b[128 + 32 * n + l] & 0xff;
        int first = b[64 * n + l] & 0xff;
        int second = b[64 * n + 32 + l] & 0xff;
        int[] codes = {
          (first & 15) | ((high & 3) << 4),
          (second & 15) | (((high >> 2) & 3) << 4),
          (first >> 4) | (((high >> 4) & 3) << 4),
          (second >> 4) | (((high >> 6) & 3) << 4)
        };
        for (int k = 0; k < 4; k++) {
          int column = 128 * n + 32 * k + l;
          y[column] = half(b, 208) * b[192 + column / 16] * (codes[k] - 32);
        }
      }
    }
  }
}
