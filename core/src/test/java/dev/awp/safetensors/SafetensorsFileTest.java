// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The safetensors reader: what is legal is read, what is not is refused in one sentence. */
class SafetensorsFileTest {
  private static final String LEGAL =
      "{\"__metadata__\":{\"format\":\"pt\"},"
          + "\"a\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},"
          + "\"empty\":{\"dtype\":\"I64\",\"shape\":[3,0],\"data_offsets\":[8,8]},"
          + "\"scalar\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[8,10]}}";

  @TempDir private Path folder;

  private Path file(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("model.safetensors"), bytes);
  }

  private static byte[] safetensors(String header, int dataBytes) {
    return safetensors(header.getBytes(StandardCharsets.UTF_8), dataBytes);
  }

  private static byte[] safetensors(byte[] header, int dataBytes) {
    ByteBuffer buffer =
        ByteBuffer.allocate(8 + header.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putLong(header.length).put(header);
    for (int i = 0; i < dataBytes; i++) {
      buffer.put((byte) i);
    }
    return buffer.array();
  }

  @Test
  void legalFileIsMappedAtItsOffsets() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      List<TensorView> views = SafetensorsFile.map(file(safetensors(LEGAL, 10)), arena);
      assertEquals(List.of("a", "empty", "scalar"), views.stream().map(TensorView::name).toList());
      assertEquals(List.of(2L, 1L), views.get(0).shape());
      assertEquals(DType.BF16, views.get(2).dtype());
      assertEquals(8, views.get(2).data().get(ValueLayout.JAVA_BYTE, 0));
      assertEquals(8 + LEGAL.length() + 8, views.get(2).fileOffset());
      assertTrue(views.get(0).data().isReadOnly());
      views.forEach(TensorView::release);
      assertEquals(1, views.get(0).data().get(ValueLayout.JAVA_BYTE, 1));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "[]|does not begin with '{'",
        "{\"a\":1}|tensor a: its entry is no JSON object",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}|dtype, shape or data_offsets is missing",
        "{\"a\":{\"dtype\":\"F31\",\"shape\":[1],\"data_offsets\":[0,4]}}|unknown dtype 'F31'",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}|takes 8 bytes,"
            + " data_offsets span 4",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}|shape holds '-1'",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}|shape holds '1.5'",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,4]}}|shape"
            + " holds '9999",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]}}|overflows",
        "{\"a\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,2]}}|do not fill whole bytes",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}|do not lie in the file's"
            + " 4 data bytes",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}|do not lie in the file's"
            + " 4 data bytes",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,4]}}|must be [begin, end]",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[3,4]}}|there"
            + " is a gap",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}|tensors"
            + " overlap",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}|ends at 2, the file holds"
            + " 4 data bytes",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}|not"
            + " valid JSON: Duplicate field 'a'",
        "{\"__metadata__\":{\"a\":1}}|must map strings to strings",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}|not valid JSON",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} {}|goes on after its JSON"
            + " object",
        "{\"a\":{\"x\":[[[[[[[[[[1]]]]]]]]]]}}|not valid JSON",
      })
  void brokenHeaderIsRefused(String header, String rule) throws IOException {
    Path file = file(safetensors(header, 4));
    assertRefused(file, rule);
  }

  private static void assertRefused(Path file, String rule) {
    try (Arena arena = Arena.ofConfined()) {
      AwpException refusal =
          assertThrows(AwpException.class, () -> SafetensorsFile.map(file, arena));
      String message = refusal.getMessage();
      assertTrue(message.contains(rule), message);
      assertTrue(message.startsWith(file.toString()), message);
      assertEquals(1, message.lines().count(), message);
    }
  }

  @Test
  void metadataMayBeNull() throws IOException {
    String tensors = "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}";
    Path file = file(safetensors("{\"__metadata__\":null,%s}".formatted(tensors), 1));
    try (Arena arena = Arena.ofConfined()) {
      assertEquals(1, SafetensorsFile.map(file, arena).size());
      assertEquals(java.util.Map.of(), SafetensorsFile.metadata(file));
    }
  }

  @Test
  void brokenFramesAreRefused() throws IOException {
    assertRefused(file(new byte[] {1, 2, 3, 4, 5, 6, 7}), "7 bytes are too few");
    assertRefused(file(new byte[8]), "is no safetensors file but zeros");
    byte[] beyond = safetensors(LEGAL, 10);
    ByteBuffer.wrap(beyond).order(ByteOrder.LITTLE_ENDIAN).putLong(0, beyond.length - 7);
    assertRefused(file(beyond), "goes beyond the end of the file");
    ByteBuffer.wrap(beyond).order(ByteOrder.LITTLE_ENDIAN).putLong(0, 100_000_001);
    assertRefused(file(beyond), "longer than the 100000000");
    ByteBuffer.wrap(beyond).order(ByteOrder.LITTLE_ENDIAN).putLong(0, -1);
    assertRefused(file(beyond), "a header of 18446744073709551615 bytes");
    byte[] latin = "{\"\u00e4\":{}}".getBytes(StandardCharsets.ISO_8859_1);
    assertRefused(file(safetensors(latin, 0)), "not UTF-8");
    assertRefused(folder.resolve("none.safetensors"), "the file is missing");
  }

  @Test
  void endlessMetadataIsRefused() throws IOException {
    StringBuilder header = new StringBuilder("{\"__metadata__\":{\"k\":\"\"");
    for (int i = 0; i < 1 << 16; i++) {
      header.append(",\"").append(i).append("\":\"\"");
    }
    assertRefused(file(safetensors(header.append("}}").toString(), 0)), "more than 65536 entries");
  }

  @Test
  void truncationAtEveryLengthIsRefused() throws IOException {
    byte[] whole = safetensors(LEGAL, 10);
    for (int length = 0; length < whole.length; length++) {
      assertRefused(file(java.util.Arrays.copyOf(whole, length)), "");
    }
  }

  @Test
  void mutatedFilesAreReadOrRefused() throws IOException {
    SplittableRandom random = new SplittableRandom(7);
    byte[] whole = safetensors(LEGAL, 10);
    int refused = 0;
    for (int round = 0; round < 1000; round++) {
      byte[] mutated = whole.clone();
      for (int i = 0; i <= random.nextInt(3); i++) {
        mutated[random.nextInt(whole.length)] = (byte) random.nextInt(256);
      }
      Path file = file(mutated);
      try (Arena arena = Arena.ofConfined()) {
        for (TensorView view : SafetensorsFile.map(file, arena)) {
          assertEquals(view.spec().byteSize(), view.data().byteSize());
        }
      } catch (AwpException e) {
        refused++;
        assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
      }
    }
    assertTrue(refused > 333, "only " + refused + " mutations were refused");
  }

  @Test
  void fileBeyondFourGibibytesIsReadAtItsEnd() throws IOException {
    long values = (1L << 32) + 3;
    String header =
        "{\"big\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[0,%d]}}"
            .formatted(values, values);
    Path file = folder.resolve("big.safetensors");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.write(safetensors(header, 0));
      long end = 8 + header.length() + values;
      sparse.setLength(end);
      sparse.seek(end - 1);
      sparse.write(42);
    }
    try (Arena arena = Arena.ofConfined()) {
      TensorView big = SafetensorsFile.map(file, arena).getFirst();
      assertEquals(42, big.data().get(ValueLayout.JAVA_BYTE, values - 1));
    }
    Files.delete(file);
  }
}
