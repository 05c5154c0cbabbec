// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.awp.fixture.ByteTokenizerJson;
import dev.awp.text.Tokenizers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Text piece by piece is the text in one piece. */
class DetokenizerTest {
  @TempDir private Path folder;

  @Test
  void piecesJoinToTheTextAndNeverSplitACharacter() throws IOException {
    ByteTokenizerJson.write(folder.resolve("tokenizer.json"));
    String text = "Straße, 東京 and \uD83D\uDE80.";
    try (Tokenizer tokenizer = Tokenizers.open(folder)) {
      int[] before = tokenizer.encode("It is ");
      Detokenizer words = new Detokenizer(tokenizer, before);
      List<String> pieces = new ArrayList<>();
      for (int token : tokens(tokenizer, text)) {
        pieces.add(words.add(token));
      }
      pieces.add(words.finish());
      assertEquals(text, String.join("", pieces));
      assertEquals(
          text.codePointCount(0, text.length()),
          pieces.stream().filter(piece -> !piece.isEmpty()).count());
    }
  }

  @Test
  void anUnfinishedCharacterIsToldAtTheEnd() throws IOException {
    ByteTokenizerJson.write(folder.resolve("tokenizer.json"));
    try (Tokenizer tokenizer = Tokenizers.open(folder)) {
      int[] rocket = tokens(tokenizer, "\uD83D\uDE80");
      Detokenizer words = new Detokenizer(tokenizer, new int[0]);
      assertEquals("", words.add(rocket[0]));
      assertEquals("\uFFFD", words.finish());
      assertEquals("", words.finish());
    }
  }

  /** Without the token that stands at the beginning of every text. */
  private static int[] tokens(Tokenizer tokenizer, String text) {
    int[] all = tokenizer.encode(text);
    int special = tokenizer.encode("").length;
    return Arrays.copyOfRange(all, special, all.length);
  }
}
