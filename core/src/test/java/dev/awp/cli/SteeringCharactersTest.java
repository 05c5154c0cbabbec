// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.PlainText;
import dev.awp.fixture.Terminal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names in files reach the terminal in plain characters, and errors tell values. */
class SteeringCharactersTest {
  private static final String NAME = "a\\u0085b\\u202ec\\u2066d\\u001b[2Je\\n";

  @TempDir private Path folder;

  private final Terminal awp = new Terminal();

  private Path safetensors(String header, int bytes) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer file = ByteBuffer.allocate(8 + json.length + bytes).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(json.length).put(json);
    return Files.write(folder.resolve("x.safetensors"), file.array());
  }

  private void assertPlain() {
    String told = awp.out() + awp.err();
    assertEquals(PlainText.ofLines(told), told);
    assertTrue(told.contains("\\u0085") && told.contains("\\u202e"), told);
  }

  @Test
  void namesOfTensorsArePlain() throws IOException {
    String tensor = "{\"%s\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,%s]}}";
    String file = safetensors(tensor.formatted(NAME, 16), 16).toString();
    for (List<String> command :
        List.of(
            List.of("inspect", file, "-q"),
            List.of("inspect", file, "-q", "--json"),
            List.of("diff", file, file, "-q", "--all"))) {
      awp.run(command).assertExit(0);
      assertPlain();
    }
    awp.run("inspect", safetensors(tensor.formatted(NAME, 12), 16).toString()).assertExit(1);
    assertPlain();
    assertEquals(1, awp.err().lines().count());
  }

  @Test
  void wordsThatAreWrongArePlain() {
    awp.run("inspect", "x", "--a\u0085\u202e").assertExit(2);
    assertPlain();
  }

  private void refuseGguf(ByteBuffer content, String rule) throws IOException {
    byte[] bytes = new byte[content.capacity()];
    content.rewind().get(bytes);
    Path file = Files.write(folder.resolve("x.gguf"), bytes);
    awp.run("inspect", file.toString()).assertRefused(rule);
  }

  private static ByteBuffer gguf(long tensors, long keys) {
    ByteBuffer file = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
    return file.put("GGUF".getBytes(StandardCharsets.US_ASCII))
        .putInt(3)
        .putLong(tensors)
        .putLong(keys);
  }

  private static ByteBuffer text(ByteBuffer file, String text) {
    return file.putLong(text.length()).put(text.getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void errorsOfGgufTellValues() throws IOException {
    refuseGguf(
        text(gguf(0, 1), "general.alignment").putInt(4).putInt(0),
        "general.alignment is 0, it must be a power of two");
    refuseGguf(
        text(text(gguf(0, 1), "general.alignment").putInt(8), "x"),
        "general.alignment is 'x', it must be a power of two");
    refuseGguf(
        text(gguf(1, 0), "t").putInt(Integer.MIN_VALUE), "tensor t has the rank 2147483648, it");
    refuseGguf(text(gguf(0, 1), "k").putInt(-1), "the type of k is 4294967295, the types are");
    refuseGguf(
        text(gguf(1, 0), "t").putInt(1).putLong(-1), "tensor t has the size 18446744073709551615");
  }
}
