// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.block;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.compute.Compute;
import dev.awp.constraint.affine.AffineGrid;
import dev.awp.kernel.Kernels;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every type of blocks against llama.cpp's gguf package, whose numbers scripts/gguf-types wrote: a
 * block of zeros, one of ones, and random bytes, in which scales are of all sizes, infinite and no
 * numbers too.
 */
class DecodedTypesTest {
  private static final int BLOCKS = 400;

  private static Compute compute;

  /**
   * What the package decodes the blocks of a type to.
   *
   * @param sha256 of all values as little-endian float32
   * @param block whose columns 0, 1, one beyond the middle, and the last are few
   */
  record Golden(BlockType type, int columns, int bytes, String sha256, int block, List<Float> few) {
    static Golden of(String line) {
      String[] words = line.split(" ");
      return new Golden(
          BlockType.valueOf(words[0]),
          Integer.parseInt(words[1]),
          Integer.parseInt(words[2]),
          words[3],
          Integer.parseInt(words[4]),
          Arrays.stream(words).skip(5).map(Float::valueOf).toList());
    }

    @Override
    public String toString() {
      return type.name();
    }
  }

  static Stream<Golden> golden() throws IOException {
    try (InputStream lines = DecodedTypesTest.class.getResourceAsStream("golden-types.txt")) {
      return new String(lines.readAllBytes(), StandardCharsets.US_ASCII).lines().map(Golden::of);
    }
  }

  @BeforeAll
  static void create() {
    compute = Compute.create(1);
  }

  @AfterAll
  static void close() {
    compute.close();
  }

  private static byte[] blocks(int size) {
    byte[] bytes = new byte[BLOCKS * size];
    Arrays.fill(bytes, size, 2 * size, (byte) 0xff);
    long state = size;
    for (int i = 2 * size; i < bytes.length; i++) {
      state = state * 6364136223846793005L + 1442695040888963407L;
      bytes[i] = (byte) (state >>> 56);
    }
    return bytes;
  }

  private static float[] decode(BlockType type, byte[] bytes, int columns) {
    int padded = bytes.length / type.blockBytes() * type.blockColumns();
    float[] values = new float[columns];
    Kernels kernels = compute.kernels();
    type.reader(columns, padded, kernels)
        .read(MemorySegment.ofArray(bytes), MemorySegment.ofArray(values));
    return values;
  }

  @ParameterizedTest
  @MethodSource("golden")
  void blocksAreDecodedAsByLlamaCpp(Golden golden) throws NoSuchAlgorithmException {
    BlockType type = golden.type();
    assertEquals(golden.columns(), type.blockColumns());
    assertEquals(golden.bytes(), type.blockBytes());
    float[] values = decode(type, blocks(type.blockBytes()), BLOCKS * type.blockColumns());
    int first = golden.block() * golden.columns();
    int last = golden.columns() - 1;
    List<Float> few =
        Stream.of(0, 1, golden.columns() / 2 + 1, last).map(j -> values[first + j]).toList();
    assertEquals(golden.few(), few);
    ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * values.length).order(LITTLE_ENDIAN);
    for (float value : values) {
      // Of blocks of equal steps zeros are +0; 0f + is that, and no other value changes.
      boolean steps = type.grid().filter(AffineGrid.class::isInstance).isPresent();
      bytes.putInt(Float.floatToIntBits(steps ? 0f + value : value));
    }
    byte[] sha256 = MessageDigest.getInstance("SHA-256").digest(bytes.array());
    assertEquals(golden.sha256(), HexFormat.of().formatHex(sha256));
  }

  @Test
  void everyTypeOfBlocksIsHeldAgainstLlamaCpp() throws IOException {
    Set<BlockType> blocks =
        Arrays.stream(BlockType.values())
            .filter(type -> type.isWritable() && type.dtype().isEmpty())
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(blocks, golden().map(Golden::type).collect(Collectors.toCollection(TreeSet::new)));
    assertTrue(blocks.size() > 20);
  }

  @ParameterizedTest
  @EnumSource
  void aPaddedRowHasTheValuesOfTheWholeOne(BlockType type) {
    if (!type.isWritable()) {
      assertThrows(IllegalArgumentException.class, () -> type.reader(256, 256, compute.kernels()));
      return;
    }
    byte[] bytes = Arrays.copyOf(blocks(type.blockBytes()), 7 * type.blockBytes());
    int padded = 7 * type.blockColumns();
    float[] whole = decode(type, bytes, padded);
    for (int columns = padded; columns > 0; columns -= 13) {
      float[] row = decode(type, bytes, columns);
      assertEquals(-1, Arrays.mismatch(Arrays.copyOf(whole, columns), row), type.name());
    }
  }

  @ParameterizedTest
  @EnumSource
  void allColumnsAreReadWhateverTheBytesAre(BlockType type) {
    byte[] block = new byte[type.blockBytes()];
    int mark = 0x7fc12345;
    float[] values = new float[type.blockColumns()];
    for (int b = 0; b < 256 && type.isWritable(); b++) {
      Arrays.fill(block, (byte) b);
      Arrays.fill(values, Float.intBitsToFloat(mark));
      type.reader(values.length, values.length, compute.kernels())
          .read(MemorySegment.ofArray(block), MemorySegment.ofArray(values));
      for (float value : values) {
        assertNotEquals(mark, Float.floatToRawIntBits(value));
      }
    }
  }

  @Test
  void aNumberIsThatOfOneType() {
    for (BlockType type : BlockType.values()) {
      assertEquals(type, BlockType.byId(type.id()).orElseThrow());
    }
  }
}
