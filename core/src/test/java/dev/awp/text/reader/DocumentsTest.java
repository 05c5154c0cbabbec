// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import dev.awp.AwpException;
import dev.awp.text.document.Document;
import dev.awp.text.document.ReadFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What files hold decides how they are read; every name here is the same. */
class DocumentsTest {
  @TempDir private Path folder;

  private String kind = "";

  private Path file(byte[] content) throws IOException {
    return Files.write(folder.resolve("text"), content);
  }

  private List<String> read(Optional<String> field, byte[] content) throws IOException {
    List<String> documents = new ArrayList<>();
    List<ReadFile> read =
        Documents.read(file(content), field, document -> documents.add(words(document)));
    kind = read.getFirst().describe();
    return documents;
  }

  private List<String> read(String content) throws IOException {
    return read(Optional.empty(), content.getBytes(StandardCharsets.UTF_8));
  }

  private List<String> read(String field, String content) throws IOException {
    return read(Optional.of(field), content.getBytes(StandardCharsets.UTF_8));
  }

  private static String words(Document document) {
    return switch (document) {
      case Document.Text text -> text.text();
      case Document.Conversation conversation ->
          conversation.messages().stream()
              .map(message -> message.role() + ": " + message.content())
              .collect(Collectors.joining(" | "));
    };
  }

  private void assertRefused(String rule, String content) {
    assertRefused(rule, content.getBytes(StandardCharsets.UTF_8));
  }

  private void assertRefused(String rule, byte[] content) {
    AwpException refusal = assertThrows(AwpException.class, () -> read(Optional.empty(), content));
    assertTrue(refusal.getMessage().contains(rule), refusal.getMessage());
    assertTrue(refusal.getMessage().startsWith(folder + "/text"), refusal.getMessage());
  }

  @Test
  void aTextIsOneDocument() throws IOException {
    for (String text :
        List.of(
            "one\n\ntwo\n",
            "Hello, world.\nHow are you, then?\n",
            "[Chapter 1]\nIt was dark.",
            "[[a link]] and more",
            "{ not JSON }",
            "\"Quoted,\" he said,\nand, then, left.",
            "Roses are red, violets are blue,\nand so, they say,\nis, too,\n",
            "a\tb\nc\n",
            "text")) {
      assertEquals(List.of(text), read(text));
      assertEquals("read as plain text, 1 document", kind);
    }
  }

  @Test
  void encodingsAreTakenByTheirMark() throws IOException {
    for (String name : List.of("UTF-8", "UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE")) {
      for (String text :
          List.of("z\u00e4hlt \ud83e\udd99", "{\"text\": \"z\u00e4hlt \ud83e\udd99\"}")) {
        byte[] content = ("\ufeff" + text).getBytes(Charset.forName(name));
        assertEquals(List.of("z\u00e4hlt \ud83e\udd99"), read(Optional.empty(), content), name);
        assertTrue(
            kind.contains(name.replaceFirst("[LB]E$", "") + " with a byte order mark"), kind);
      }
    }
  }

  @Test
  void whatIsNotItsEncodingIsToldWithItsOffset() {
    assertRefused("the text is not UTF-8: byte 1 (0xE4)", new byte[] {'a', (byte) 0xe4, 'b'});
    byte[] late = "x".repeat(200_000).getBytes(StandardCharsets.UTF_8);
    late[150_000] = (byte) 0xff;
    assertRefused("the text is not UTF-8: byte 150000 (0xFF)", late);
    assertRefused("the text is not UTF-8: byte 2 (0xC3)", new byte[] {'a', 'b', (byte) 0xc3});
    assertRefused(
        "byte 1 is zero: it is no text, or UTF-16 without a byte order mark",
        "abc".getBytes(StandardCharsets.UTF_16LE));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"text\": \"x y\"}\n\n{\"id\": 1, \"text\": \"\"}\n{\"text\": \"z\", \"id\": 2}\n",
        "{\"text\": \"x y\"}{\"text\": \" \"} {\"text\": \"z\"}",
        "[{\"text\": \"x y\"}, {\"text\": null}, {\"text\": \"z\"}]",
        "[\"x y\", \"\", \"z\"]",
        "{\"version\": 1, \"data\": [{\"text\": \"x y\"}, {\"text\": \"\"}, {\"text\": \"z\"}]}",
        "{\"rows\": [{\"row_idx\": 0, \"row\": {\"text\": \"x y\"}},"
            + " {\"row_idx\": 1, \"row\": {\"text\": \"\"}},"
            + " {\"row_idx\": 2, \"row\": {\"text\": \"z\"}}]}",
        "{\"corpus\": {\"a\": 1}, \"entries\": [{\"body\": \"x y\"}, {\"body\": \"\"},"
            + " {\"body\": \"z\"}]}",
        "{\"train\": [\"x y\", \"\", \"z\"]}",
        "{\"text\": [\"x y\", \"\", \"z\"], \"label\": [\"a\", \"b\", \"c\"]}",
        "id,text\n1,x y\n2,\n3,z\n",
        "text\nx y\n\"\"\nz\n",
        ",text\n0,\"x y\"\n1,\n2,z\n",
        "id;note;Content\r\n1;a;x y\r\n2;a;\r\n3;b;z\r\n",
        "label\ttext\na\tx y\na\t\nb\tz\n",
        "label,words_of_it\n1,x y\n2,\n3,z\n"
      })
  void rowsBecomeDocumentsAndEmptyOnesAreCounted(String content) throws IOException {
    assertEquals(List.of("x y", "z"), read(content));
    assertTrue(kind.endsWith("2 documents, 1 dropped (empty)"), kind);
  }

  @Test
  void aNamedFieldIsTaken() throws IOException {
    assertEquals(List.of("b"), read("other", "{\"text\": \"a\", \"other\": \"b\"}"));
    assertEquals(List.of("b"), read("other", "text,other\na,b\n"));
    AwpException refusal =
        assertThrows(AwpException.class, () -> read("third", "text,other\na,b\n"));
    assertTrue(
        refusal
            .getMessage()
            .endsWith(
                "no row has the field \"third\"; --text-field names it, and the fields are: text,"
                    + " other"),
        refusal.getMessage());
  }

  @Test
  void noneOrSeveralFieldsAreListed() {
    assertRefused(
        "more than one field may hold the text (text in \"text\"; text in \"content\")",
        "{\"text\": \"a\", \"content\": \"b\"}");
    assertRefused(
        "no field is known to hold the text; --text-field names it, and the fields are: a, b",
        "a,b\nx y,z w\np q,r s\n");
    assertRefused("the fields are: n", "{\"n\": 1}");
    assertRefused(
        "more than one list of rows (train, test)", "{\"train\":[\"a\"],\"test\":[\"b\"]}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi.\"},"
            + " {\"role\": \"assistant\", \"content\": \"Hello.\"}]}",
        "{\"id\": \"a b\", \"conversations\": [{\"from\": \"human\", \"value\": \"Hi.\"},"
            + " {\"from\": \"gpt\", \"value\": \"Hello.\"}]}",
        "[[{\"role\": \"user\", \"content\": \"Hi.\"},"
            + " {\"role\": \"assistant\", \"content\": \"Hello.\"}]]",
        "[{\"role\": \"user\", \"content\": \"Hi.\"},"
            + " {\"role\": \"assistant\", \"content\": \"Hello.\"}]",
        "{\"instruction\": \"Hi.\", \"input\": \"\", \"output\": \"Hello.\"}",
        "{\"prompt\": \"Hi.\", \"completion\": \"Hello.\"}",
        "{\"prompt\": [{\"role\": \"user\", \"content\": \"Hi.\"}],"
            + " \"completion\": [{\"role\": \"assistant\", \"content\": \"Hello.\"}]}",
        "question,answer\nHi.,Hello.\n"
      })
  void conversationsBecomeMessages(String content) throws IOException {
    assertEquals(List.of("user: Hi. | assistant: Hello."), read(content));
    assertTrue(kind.endsWith(", 1 document"), kind);
  }

  @Test
  void whatAddsToARequestGoesWithIt() throws IOException {
    assertEquals(
        List.of("system: S | user: A\n\nB | assistant: C"),
        read("{\"system\": \"S\", \"instruction\": \"A\", \"input\": \"B\", \"output\": \"C\"}"));
    assertRefused(
        "line 2, \"messages\": turn 1 has neither role and content nor from and value",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}\n"
            + "{\"messages\": [{\"role\": 1}]}");
  }

  @Test
  void brokenRowsAreNamedWithTheirPlace() {
    assertRefused(
        ", line 2: there is no string under \"text\"", "{\"text\": \"x\"}\n{\"text\": 7}\n");
    assertRefused(", line 2, column", "{\"text\": \"x\"}\n{\"text\" 7}\n");
    assertRefused("not valid JSON", "{\"text\": \"x\"}\n{\"text\": \n");
    assertRefused(", line 3: there are 3 values, and the header names 2", "id,text\n1,a\n2,b,c\n");
    assertRefused(", row 2: there is no text and no object here", "[\"a\", 7]");
  }

  @Test
  void packedFilesAreUnpacked() throws IOException {
    byte[] plain = "id,text\n1,x y\n2,z\n".getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(plain);
    }
    assertEquals(List.of("x y", "z"), read(Optional.empty(), packed.toByteArray()));
    assertEquals("read as CSV, text in \"text\", gzip, 2 documents", kind);
    assertEquals(List.of("x y", "z"), read(Optional.empty(), Zstd.compress(plain)));
    assertEquals("read as CSV, text in \"text\", zstd, 2 documents", kind);
    byte[] whole = packed.toByteArray();
    assertRefused(
        "cannot be read: the gzip data: ", java.util.Arrays.copyOf(whole, whole.length - 9));
    byte[] frame = Zstd.compress(plain);
    assertRefused(
        "cannot be read: the zstd data: ", java.util.Arrays.copyOf(frame, frame.length - 3));
  }

  private byte[] parquet(String name) throws IOException {
    try (InputStream content = DocumentsTest.class.getResourceAsStream(name + ".parquet")) {
      return content.readAllBytes();
    }
  }

  /** Written by pyarrow. */
  @Test
  void parquetIsRead() throws IOException {
    for (String codec : List.of("none", "snappy", "gzip", "zstd")) {
      assertEquals(
          List.of("one text", "zwei W\u00f6rter \ud83e\udd99"),
          read(Optional.empty(), parquet(codec)),
          codec);
      assertEquals(
          "read as Parquet, text in \"text\", 2 documents, 2 dropped (empty)", kind, codec);
    }
    assertEquals(
        List.of("user: Hi. | assistant: Hello."), read(Optional.empty(), parquet("messages")));
    assertRefused("is compressed with LZ4", parquet("lz4"));
    byte[] cut = parquet("snappy");
    assertRefused("not a readable Parquet file", java.util.Arrays.copyOf(cut, cut.length - 30));
  }

  @Test
  void whatIsNoTextIsNamed() throws IOException {
    assertRefused(
        "is no text but a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\n");
    assertRefused("is a PDF file, which is no text", "%PDF-1.7\n");
    assertRefused("is an Arrow file", "ARROW1\0\0");
    assertEquals(List.of(), read(""));
    assertEquals(List.of("<html><p>a page</p>"), read("<html><p>a page</p>"));
  }

  @Test
  void longTextsComeInPartsThatAreTheText() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; text.length() < 400_000; i++) {
      text.append("line ").append(i).append(i % 7 == 0 ? "\n\n" : "\n");
    }
    for (String content :
        List.of(text.toString(), "x\ud83e\udd99".repeat(100_000), "a ".repeat(99_999))) {
      List<String> parts = read(content);
      assertEquals(content, String.join("", parts));
      assertTrue(parts.size() >= 3 && kind.endsWith(", 1 document"), kind);
      assertTrue(parts.stream().allMatch(part -> part.length() <= 1 << 16));
      assertTrue(parts.stream().noneMatch(part -> Character.isLowSurrogate(part.charAt(0))));
      String rows = "[\"" + content.replace("\n", "\\n") + "\"]";
      assertEquals(parts, read(rows));
    }
  }

  @Test
  void foldersAreReadInTheOrderOfTheirNames() throws IOException {
    Path texts = Files.createDirectories(folder.resolve("texts/sub"));
    Files.writeString(texts.resolve("a"), "third");
    Files.writeString(texts.getParent().resolve("b.jsonl"), "plain");
    Files.writeString(texts.getParent().resolve("a.txt"), "[\"first\"]");
    Files.writeString(texts.getParent().resolve(".hidden"), "no");
    List<String> documents = new ArrayList<>();
    List<ReadFile> read =
        Documents.read(
            texts.getParent(), Optional.empty(), document -> documents.add(words(document)));
    assertEquals(List.of("first", "plain", "third"), documents);
    assertEquals(
        List.of("texts/a.txt", "texts/b.jsonl", "texts/sub/a"),
        read.stream().map(ReadFile::name).toList());
    Path empty = Files.createDirectory(folder.resolve("empty"));
    AwpException refusal =
        assertThrows(AwpException.class, () -> Documents.read(empty, Optional.empty(), _ -> {}));
    assertEquals(empty + ": the folder holds no file", refusal.getMessage());
  }
}
