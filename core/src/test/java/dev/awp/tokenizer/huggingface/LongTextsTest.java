// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.huggingface;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.tokenizer.CutRule;
import dev.awp.tokenizer.TextPieces;
import dev.awp.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Texts that are cut into pieces have the tokens that the library gives the whole. */
class LongTextsTest {
  private static final String[] PARTS = {
    " ",
    "  ",
    "      ",
    "\n",
    "\n\n",
    "\r\n",
    "\t",
    "a",
    "ab",
    "S",
    "SS",
    "b",
    "'s",
    "'S",
    "'",
    "'ll",
    "1",
    "12",
    "21212",
    ".",
    "...",
    "==",
    "\u3002",
    "\u4f60",
    "\u4f60\u4f60",
    "\uff0c",
    "e\u0301",
    "\u0301",
    "\ud83d\ude00",
    "\ud83d",
    "\u200d",
    "\u00a0",
    "\u3000",
    "<t>",
    "a b",
    "Sb",
    "\u2581",
    "\u00df",
    "\u00bd"
  };

  @TempDir private Path folder;

  private Path write(TokenizerKind kind) throws IOException {
    return Files.writeString(folder.resolve("tokenizer.json"), kind.json().toString());
  }

  private static String text(SplittableRandom random) {
    StringBuilder text = new StringBuilder();
    for (int parts = 1 + random.nextInt(60); parts > 0; parts--) {
      text.append(PARTS[random.nextInt(PARTS.length)]);
    }
    return text.toString();
  }

  @ParameterizedTest
  @EnumSource
  void piecesHaveTheTokensOfTheWhole(TokenizerKind kind) throws IOException {
    SplittableRandom random = new SplittableRandom(kind.name().hashCode());
    byte[] json = kind.json().toString().getBytes(StandardCharsets.UTF_8);
    try (TokenIds whole = NativeTokenIds.open(json);
        Tokenizer cut = HuggingFaceTokenizerFile.open(write(kind), 1)) {
      for (int i = 0; i < 250; i++) {
        String text = text(random);
        int[] wanted = whole.encode(TextPieces.wellFormed(text), true);
        assertArrayEquals(wanted, cut.encode(text), () -> '"' + text + '"');
      }
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OTHER")
  void ordinaryTextsAreCut(TokenizerKind kind) {
    CutRule rule = TokenizerCuts.of(kind.json());
    TextPieces pieces = new TextPieces(new StringReader("SSS bSS bSS bSSS"), rule, 3, 30);
    List<String> found = new ArrayList<>();
    pieces.forEachRemaining(found::add);
    String space = kind == TokenizerKind.LLAMA2 ? "" : " ";
    assertEquals(List.of("SSS", space + "bSS", space + "bSS", space + "bSSS"), found);
  }

  @Test
  void aLongRunOfSpacesTakesNoRetries() throws IOException {
    SplitPattern pattern =
        SplitPattern.of(TokenizerKind.LLAMA3.patterns().getFirst()).orElseThrow();
    assertFalse(pattern.backtracks());
    assertTrue(pattern.text().contains("|(?:[^\\S\\r\\n]*+[\\r\\n]+)+|"), pattern.text());
    String text = "a" + " ".repeat(200_000) + "a";
    try (TokenIds whole =
            NativeTokenIds.open(
                TokenizerKind.LLAMA3.json().toString().getBytes(StandardCharsets.UTF_8));
        Tokenizer tokenizer = HuggingFaceTokenizerFile.open(write(TokenizerKind.LLAMA3))) {
      assertArrayEquals(whole.encode(text, true), tokenizer.encode(text));
    }
  }

  @Test
  void costIsJudgedByForm() {
    for (String bad :
        new String[] {
          "((a+)+)+!", "(?:a+)+", "a*b*c", "\\w+", "a+?b", "\\s*x", "(?=a)b", "[a", "a|)"
        }) {
      assertTrue(SplitPattern.of(bad).isEmpty(), bad);
    }
    for (String good :
        new String[] {
          " {2,}", "\\s+$", "[\\r\\n]", " ?\\p{L}+|.".replace("|.", ""), "\\p{N}{1,3}"
        }) {
      assertFalse(SplitPattern.of(good).orElseThrow().backtracks(), good);
    }
    assertTrue(
        SplitPattern.of(TokenizerKind.O200K.patterns().getFirst()).orElseThrow().backtracks());
  }

  @Test
  void aTextThatTheLibraryDiesOfIsToldAndTheNextOneRead() throws IOException {
    Path file = write(TokenizerKind.OTHER);
    try (Tokenizer tokenizer = HuggingFaceTokenizerFile.open(file)) {
      AwpException told = assertThrows(AwpException.class, () -> tokenizer.encode("b".repeat(60)));
      assertEquals(
          file
              + ": the tokenizer library has ended on a text of 60 characters, '"
              + "b".repeat(40)
              + "...': an expression in this file takes too many tries on it",
          told.getMessage());
      assertEquals(4, tokenizer.encode("SS1").length);
    }
  }

  @Test
  void aLongTextIsNeverInMemoryAsAWhole() {
    CutRule rule = TokenizerCuts.of(TokenizerKind.LLAMA3.json());
    int longest = 0;
    long characters = 0;
    TextPieces pieces = new TextPieces(new Words(30_000_000), rule, 1 << 16, 1 << 20);
    while (pieces.hasNext()) {
      int length = pieces.next().length();
      characters += length;
      longest = Math.max(longest, length);
    }
    assertEquals(30_000_000, characters);
    assertTrue(longest < (1 << 16) + 10, () -> "a piece is too long");
  }

  @Test
  void aTextWithoutPlacesToCutIsRefusedWhereItIsTooLong() {
    CutRule rule = TokenizerCuts.of(TokenizerKind.LLAMA3.json());
    TextPieces pieces = new TextPieces(new StringReader("b".repeat(5000)), rule, 10, 1000);
    AwpException told = assertThrows(AwpException.class, pieces::next);
    assertTrue(
        told.getMessage().startsWith("a text has more than 1000 characters without"),
        told.getMessage());
  }

  /** A text of so many characters, made while it is read. */
  private static final class Words extends Reader {
    private int left;

    Words(int characters) {
      this.left = characters;
    }

    @Override
    public int read(char[] into, int from, int length) {
      int count = Math.min(left, length);
      for (int i = 0; i < count; i++) {
        into[from + i] = (left - i) % 7 == 0 ? ' ' : 'w';
      }
      left -= count;
      return count == 0 ? -1 : count;
    }

    @Override
    public void close() {}
  }
}
