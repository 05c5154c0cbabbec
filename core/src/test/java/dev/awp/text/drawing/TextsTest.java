// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.drawing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.Progress;
import dev.awp.text.TextOptions;
import dev.awp.text.Windows;
import dev.awp.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which documents are tokenized, and in which order. */
class TextsTest {
  private static final TextOptions PAPERS = TextOptions.DEFAULT.withWindows(Windows.PAPERS);

  @TempDir private Path folder;

  private final Characters tokenizer = new Characters();

  /** A token a character, and one in front of a text. */
  private static final class Characters implements Tokenizer {
    private long characters;

    @Override
    public int[] encode(String text) {
      return encodeInner("^" + text);
    }

    @Override
    public int[] encodeInner(String text) {
      characters += text.length();
      return text.chars().toArray();
    }

    @Override
    public int[] begin() {
      return new int[] {'^'};
    }

    @Override
    public String decode(int[] tokens) {
      return new String(tokens, 0, tokens.length);
    }

    @Override
    public void close() {}
  }

  private Texts texts(Path... files) {
    return Texts.of(List.of(files), PAPERS, folder, tokenizer, Progress.NONE);
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private Path rows(String name, int count, int width) throws IOException {
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < count; i++) {
      rows.append("{\"text\":\"").append("%09d ".formatted(i).repeat(width)).append("\"}\n");
    }
    return file(name, rows.toString());
  }

  @Test
  void shortTextsAreTokenizedWholeWhateverIsWanted() throws IOException {
    Path text = file("a", "abc");
    Path rows = file("b", "[\"de\", \"\", \"f\"]");
    DrawnTexts drawn = texts(text, rows).draw(1, 1, 7);
    assertTrue(drawn.whole());
    assertEquals("^abc^de^f", tokenizer.decode(drawn.tokens().tokens()));
    assertArrayEquals(new int[] {0, 4, 7}, drawn.tokens().starts());
    assertArrayEquals(drawn.tokens().tokens(), texts(text, rows).all().tokens().tokens());
    assertEquals(List.of(1L, 2L), drawn.files().stream().map(file -> file.documents()).toList());
    assertEquals(
        List.of(0L, 1L), drawn.used(List.of(5), 2).stream().map(file -> file.used()).toList());
    assertEquals(
        List.of(1L, 2L), drawn.used(List.of(7, 0), 5).stream().map(file -> file.used()).toList());
  }

  @Test
  void ofLongTextsOnlyDrawnDocumentsAreTokenized() throws IOException {
    Path rows = rows("rows", 50_000, 10);
    DrawnTexts drawn = texts(rows).draw(20, 100, 3);
    assertFalse(drawn.whole());
    assertTrue(drawn.tokens().length() >= 2000);
    assertTrue(tokenizer.characters < 20_000, tokenizer.characters + " characters");
    assertEquals(50_000, drawn.files().getFirst().documents());
    // A short document is drawn whole, and begins as documents do.
    assertTrue(
        Arrays.stream(drawn.tokens().starts()).allMatch(i -> drawn.tokens().tokens()[i] == '^'));
    int[] documents = drawn.documents();
    assertEquals(documents.length, Arrays.stream(documents).distinct().count());
    String first = tokenizer.decode(drawn.tokens().window(0, 11).tokens());
    assertEquals("^%09d ".formatted(documents[0]), first);
    assertArrayEquals(drawn.documents(), texts(rows).draw(20, 100, 3).documents());
    assertNotEquals(documents[0], texts(rows).draw(20, 100, 4).documents()[0]);
  }

  /** Moments of the first windows are those of a smaller run. */
  @Test
  void theFirstTokensDoNotDependOnHowManyAreWanted() throws IOException {
    Path rows = rows("rows", 5000, 90);
    int[] few = texts(rows).draw(1, 100, 3).tokens().tokens();
    int[] many = texts(rows).draw(1000, 100, 3).tokens().tokens();
    int[] all = texts(rows).draw(1 << 20, 100, 3).tokens().tokens();
    assertTrue(few.length < many.length && many.length < all.length);
    assertArrayEquals(few, Arrays.copyOf(many, few.length));
    assertArrayEquals(many, Arrays.copyOf(all, many.length));
    assertEquals(5000 * 900 + 5000, all.length);
    int[] sorted = all.clone();
    Arrays.sort(sorted);
    int[] whole = texts(rows).all().tokens().tokens();
    Arrays.sort(whole);
    assertArrayEquals(whole, sorted);
  }

  @Test
  void aLongDocumentIsDrawnInParts() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; text.length() < 5 << 20; i++) {
      text.append("line ").append(i).append('\n');
    }
    DrawnTexts drawn = texts(file("text", text.toString())).draw(50, 2000, 5);
    assertFalse(drawn.whole());
    assertTrue(tokenizer.characters < 700_000, tokenizer.characters + " characters");
    assertEquals(1, drawn.used(List.of(0), 100_000).getFirst().used());
    String tokens = tokenizer.decode(drawn.tokens().tokens());
    String begin = tokens.substring(0, 1000);
    assertTrue(text.indexOf(begin) > 0, begin.substring(0, 20));
    assertTrue(drawn.documents().length > 9, drawn.documents().length + " stretches");
    DrawnTexts all = texts(folder.resolve("text")).all();
    assertEquals("^" + text, tokenizer.decode(all.tokens().tokens()));
    assertArrayEquals(new int[] {0}, all.tokens().starts());
  }

  @Test
  void conversationsNeedATemplate() throws IOException {
    Path rows = file("rows", "{\"prompt\": \"a\", \"completion\": \"b\"}");
    AwpException refusal = assertThrows(AwpException.class, () -> texts(rows).all());
    assertTrue(
        refusal.getMessage().startsWith(rows + ", line 1: is a conversation, and " + folder),
        refusal.getMessage());
    Texts rendered =
        new Texts(
            List.of(rows),
            PAPERS,
            conversation -> "<" + conversation.messages().size() + ">",
            tokenizer,
            Progress.NONE);
    assertEquals("<2>", tokenizer.decode(rendered.all().tokens().tokens()));
  }
}
