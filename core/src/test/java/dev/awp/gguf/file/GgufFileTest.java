// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.compute.Compute;
import dev.awp.gguf.GgufValue;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.file.GgufPlan.Wanted;
import dev.awp.gguf.tensor.GgufValues;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The file: what is written is read, and no file can make the reader fail otherwise than in words.
 */
class GgufFileTest {
  @TempDir private Path folder;
  private Path file;
  private Map<String, GgufValue> metadata;

  @BeforeEach
  void write() {
    file = folder.resolve("model.gguf");
    metadata = new LinkedHashMap<>();
    metadata.put("general.architecture", GgufValue.of("llama"));
    metadata.put("general.alignment", GgufValue.of(32));
    metadata.put("a.float", GgufValue.of(0.1f));
    metadata.put("a.double", new GgufValue.Real(GgufValue.Kind.F64, 0.1));
    metadata.put("a.byte", new GgufValue.Whole(GgufValue.Kind.I8, -3));
    metadata.put("a.long", new GgufValue.Whole(GgufValue.Kind.I64, Long.MIN_VALUE));
    metadata.put("a.flag", GgufValue.of(true));
    metadata.put("tokens", GgufValue.texts(List.of("<s>", "\u2581the", "", "\uD83E\uDD99")));
    metadata.put("scores", GgufValue.reals(new float[] {0, -1, -2, -3}));
    metadata.put("types", GgufValue.wholes(new int[] {3, 1, 1, 1}));
    List<Wanted> wanted =
        List.of(
            new Wanted("one", BlockType.F32, List.of(5L)),
            new Wanted("two", BlockType.Q4_0, List.of(3L, 64L)),
            new Wanted("three", BlockType.F16, List.of(2L, 3L)));
    try (GgufWriter writer = GgufWriter.create(file, GgufPlan.of(metadata, wanted))) {
      // In another order than planned.
      writer.write("three", filled(12, 3));
      writer.write("one", filled(20, 1));
      writer.write("two", filled(3 * 36, 2));
      writer.finish();
    }
  }

  private static MemorySegment filled(int size, int value) {
    byte[] bytes = new byte[size];
    java.util.Arrays.fill(bytes, (byte) value);
    return MemorySegment.ofArray(bytes);
  }

  @Test
  void whatWasWrittenIsRead() {
    GgufFile read = GgufFile.read(file);
    assertEquals(metadata, read.metadata());
    assertEquals(
        List.of("one", "two", "three"), read.tensors().stream().map(GgufTensor::name).toList());
    GgufTensor two = read.tensor("two").orElseThrow();
    assertEquals(List.of(3L, 64L), two.shape());
    assertEquals(BlockType.Q4_0, two.type().orElseThrow());
    try (Arena arena = Arena.ofConfined()) {
      for (GgufTensor tensor : read.tensors()) {
        assertEquals(0, tensor.offset() % 32);
        MemorySegment bytes = read.view(tensor, arena).data();
        for (long i = 0; i < bytes.byteSize(); i++) {
          int expected = List.of("one", "two", "three").indexOf(tensor.name()) + 1;
          assertEquals(expected, bytes.get(ValueLayout.JAVA_BYTE, i));
        }
      }
    }
  }

  @Test
  void theFirstBytesAreThoseOfTheFormat() throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals('G' | 'G' << 8 | 'U' << 16 | 'F' << 24, bytes.getInt());
    assertEquals(3, bytes.getInt());
    assertEquals(3, bytes.getLong());
    assertEquals(metadata.size(), bytes.getLong());
    assertEquals(20, bytes.getLong());
    byte[] key = new byte[20];
    bytes.get(key);
    assertEquals("general.architecture", new String(key, java.nio.charset.StandardCharsets.UTF_8));
    assertEquals(8, bytes.getInt());
    assertEquals(5, bytes.getLong());
    assertEquals(0, bytes.capacity() % 32);
  }

  @Test
  void aTensorThatIsMissingOrWrittenTwiceIsAnError() {
    Path other = folder.resolve("other.gguf");
    List<Wanted> wanted = List.of(new Wanted("one", BlockType.F32, List.of(5L)));
    try (GgufWriter writer = GgufWriter.create(other, GgufPlan.of(Map.of(), wanted))) {
      assertThrows(IllegalStateException.class, writer::finish);
      assertThrows(IllegalArgumentException.class, () -> writer.write("one", filled(19, 1)));
      writer.write("one", filled(20, 1));
      assertThrows(IllegalStateException.class, () -> writer.write("one", filled(20, 1)));
      writer.finish();
    }
  }

  private String refusal(byte[] bytes) throws IOException {
    Path broken = Files.write(folder.resolve("broken.gguf"), bytes);
    return assertThrows(AwpException.class, () -> GgufFile.read(broken)).getMessage();
  }

  private byte[] with(int at, long value, int size) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < size; i++) {
      buffer.put(at + i, (byte) (value >> (8 * i)));
    }
    return bytes;
  }

  @Test
  void hostileNumbersAreRefusedBeforeAnythingIsAllocated() throws IOException {
    assertTrue(refusal(with(0, 7, 4)).contains("does not begin with"));
    assertTrue(refusal(with(4, 4, 4)).contains("version 4"));
    assertTrue(refusal(with(8, -1, 8)).contains("the number of tensors is 18446744073709551615"));
    assertTrue(refusal(with(8, 1L << 40, 8)).contains("the number of tensors"));
    assertTrue(refusal(with(16, 1L << 40, 8)).contains("the number of metadata keys"));
    assertTrue(refusal(with(24, 1L << 40, 8)).contains("the length of a metadata key"));
    assertTrue(refusal(with(24, -8, 8)).contains("the length of a metadata key"));
    assertTrue(refusal(with(52, 13, 4)).contains("the types are 0 to 12"));
    assertTrue(refusal(with(56, 1L << 62, 8)).contains("the length of the value"));
    assertTrue(refusal(new byte[0]).contains("truncated"));
  }

  @Test
  void tensorsMustLieInTheFileAndNotOnEachOther() throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int name = indexOf(bytes, "two");
    int rank = name + 3;
    assertTrue(refusal(with(rank, 9, 4)).contains("the rank 9"));
    assertTrue(refusal(with(rank + 4, 63, 8)).contains("63 columns"));
    assertTrue(refusal(with(rank + 4, -64, 8)).contains("the size 18446744073709551552"));
    assertTrue(refusal(with(rank + 12, Long.MAX_VALUE / 8, 8)).contains("two"));
    assertTrue(refusal(with(rank + 12, 4, 8)).contains("takes 144 bytes"));
    ByteBuffer unknown = ByteBuffer.wrap(with(rank + 4, 1L << 32, 8));
    unknown.order(ByteOrder.LITTLE_ENDIAN).putLong(rank + 12, 1L << 32).putInt(rank + 20, 999);
    assertTrue(refusal(unknown.array()).contains("2^63 elements or more"));
    int offset = rank + 4 + 16 + 4;
    assertTrue(refusal(with(offset, 33, 8)).contains("no multiple of the alignment"));
    assertTrue(refusal(with(offset, -32, 8)).contains("no multiple of the alignment"));
    assertTrue(refusal(with(offset, 1L << 40, 8)).contains("beyond the end of the file"));
    assertTrue(refusal(with(offset, 0, 8)).contains("up to the next tensor"));
    assertTrue(
        refusal(java.util.Arrays.copyOf(bytes, bytes.length - 64)).contains("the end of the file"));
    bytes[name] = 'o';
    bytes[name + 1] = 'n';
    bytes[name + 2] = 'e';
    assertTrue(refusal(bytes).contains("comes twice"));
  }

  private static int indexOf(byte[] bytes, String text) {
    String all = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
    return all.indexOf(text);
  }

  private static void decode(GgufFile read, GgufTensor tensor, Arena arena) {
    try (Compute compute = Compute.create(1)) {
      GgufValues.of(read, tensor, arena)
          .filter(values -> values.shape().getFirst() > 0 && values.shape().getLast() > 0)
          .ifPresent(
              values -> {
                int columns = Math.toIntExact(values.shape().getLast());
                values.decodeRows(0, Matrix.allocate(arena, 1, columns), compute.kernels());
              });
    }
  }

  @Test
  void noMutationFailsOtherwiseThanInWords() throws IOException {
    byte[] good = Files.readAllBytes(file);
    Random random = new Random(3);
    Path mutant = folder.resolve("mutant.gguf");
    int refused = 0;
    for (int i = 0; i < 1000; i++) {
      byte[] bytes = good.clone();
      int changes = 1 + random.nextInt(3);
      for (int k = 0; k < changes; k++) {
        int at = random.nextInt(bytes.length);
        bytes[at] = (byte) (random.nextBoolean() ? random.nextInt() : 0xff);
      }
      if (random.nextInt(4) == 0) {
        bytes = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
      }
      Files.write(mutant, bytes);
      try {
        GgufFile read = GgufFile.read(mutant);
        try (Arena arena = Arena.ofConfined()) {
          for (GgufTensor tensor : read.tensors()) {
            assertEquals(tensor.byteSize(), read.view(tensor, arena).data().byteSize());
            decode(read, tensor, arena);
          }
        }
      } catch (AwpException e) {
        refused++;
        assertFalse(e.getMessage().isBlank());
      }
    }
    assertTrue(refused > 167, "only " + refused + " were refused");
  }
}
