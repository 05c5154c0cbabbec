// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.document;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of every kind as documents. */
class DocumentsTest {
  @TempDir private Path folder;

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  @Test
  void aTextIsOneDocumentAndJsonLinesAreManyWhateverTheCase() throws IOException {
    Path text = file("a.txt", "one\n\ntwo\n");
    Path lines = file("b.JSONL", "{\"text\": \"x\"}\n\n{\"id\": 1, \"text\": \"\"}\n");
    Path other = file("c", "{\"text\": \"not lines\"}");
    assertEquals(List.of("one\n\ntwo\n"), Documents.of(text));
    assertEquals(List.of("x", ""), Documents.of(lines));
    assertEquals(
        List.of("x", "", "one\n\ntwo\n", "{\"text\": \"not lines\"}"),
        Documents.of(List.of(lines, text, other)).toList());
  }

  @Test
  void filesAreReadWhenTheirTurnComes() throws IOException {
    List<Path> files = List.of(file("a.txt", "first"), folder.resolve("missing.txt"));
    Stream<String> documents = Documents.of(files);
    assertEquals("first", documents.iterator().next());
    assertRefused(files.getLast(), "missing.txt: the file is missing");
  }

  @Test
  void whatCannotBeReadIsNamedWithItsPlace() throws IOException {
    assertRefused(
        file("a.jsonl", "{\"text\": \"x\"}\n{\"text\": 7}\n"),
        "a.jsonl, line 2: there is no string under \"text\"");
    assertRefused(file("b.jsonl", "\n{\"text\""), "b.jsonl, line 2: not valid JSON: ");
    for (String name : List.of("c.txt", "c.jsonl")) {
      Path latin = Files.write(folder.resolve(name), new byte[] {'a', (byte) 0xe4, 'b'});
      assertRefused(latin, name + ": the text is not UTF-8");
    }
    assertRefused(folder, ": cannot be read: ");
  }

  private static void assertRefused(Path file, String rule) {
    AwpException refusal = assertThrows(AwpException.class, () -> Documents.of(file));
    assertTrue(refusal.getMessage().contains(rule), refusal.getMessage());
  }
}
