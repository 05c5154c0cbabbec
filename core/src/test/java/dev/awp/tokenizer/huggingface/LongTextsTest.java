// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.huggingface;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.awp.tokenizer.CutRule;
import dev.awp.tokenizer.TextPieces;
import dev.awp.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
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
    SplittableRandom random = new SplittableRandom(kind.ordinal());
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
}
