// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.huggingface;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.fixture.ByteTokenizerJson;
import dev.awp.text.Tokenizers;
import dev.awp.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tokens that stand elsewhere than in tokenizer.json. */
class TokensBesideTest {
  @TempDir private Path folder;

  private void write(String name, String content) throws IOException {
    Files.writeString(folder.resolve(name), content);
  }

  private Tokenizer bytes() throws IOException {
    ByteTokenizerJson.write(folder.resolve("tokenizer.json"));
    return Tokenizers.open(folder);
  }

  @Test
  void addedTokensAreReadWithTheirIds() throws IOException {
    write(
        "tokenizer_config.json",
        """
        {"added_tokens_decoder": {"0": {"content": "<s>", "special": true},
                                  "300": {"content": "<|im_end|>", "special": true},
                                  "260": {"content": "<tool>", "special": false, "rstrip": true}}}
        """);
    write("added_tokens.json", "{\"<think>\": 270, \"<|im_end|>\": 300}");
    try (Tokenizer tokenizer = bytes()) {
      int[] ids = tokenizer.encode("<|im_end|><think><tool>  <s>");
      assertArrayEquals(new int[] {0, 300, 270, 260, 0}, ids);
      assertEquals("<think><tool>", tokenizer.decode(ids));
      assertEquals(List.of(), tokenizer.warnings());
    }
  }

  @Test
  void theTokenizerCountsWhereOtherFilesContradictIt() throws IOException {
    write("added_tokens.json", "{\"<s>\": 7, \"<new>\": 1}");
    try (Tokenizer tokenizer = bytes()) {
      assertEquals(1 + "<new>".length(), tokenizer.encode("<new>").length);
      assertEquals(
          List.of(
              "added_tokens.json: token '<new>' has the id 1, which is '</s>' in the tokenizer: it"
                  + " is left out",
              "added_tokens.json: token '<s>' has the id 7, the tokenizer gives it 0, which is"
                  + " used"),
          tokenizer.warnings());
    }
  }

  @Test
  void whatEndsATextIsOneTokenEvenWhereOnlyItsNumberIsKnown() throws IOException {
    ByteTokenizerJson.write(folder.resolve("tokenizer.json"));
    ObjectNode root = TokenizerJsonCheck.read(folder.resolve("tokenizer.json"));
    ((ObjectNode) root.path("model").path("vocab")).put("<end>", 258);
    write("tokenizer.json", root.toString());
    try (Tokenizer tokenizer = Tokenizers.open(folder)) {
      assertEquals(6, tokenizer.encode("<end>").length);
    }
    write("generation_config.json", "{\"eos_token_id\": [258, 10]}");
    try (Tokenizer tokenizer = Tokenizers.open(folder)) {
      assertArrayEquals(new int[] {0, 258}, tokenizer.encode("<end>"));
    }
  }

  @Test
  void whatIsNoTokenIsRefusedWithItsFile() throws IOException {
    write("added_tokens.json", "{\"<a>\": \"x\"}");
    AwpException told = assertThrows(AwpException.class, this::bytes);
    assertEquals(
        folder.resolve(".").resolve("added_tokens.json")
            + ": the added token '<a>' has the id x: a token is a text with a whole number",
        told.getMessage());
    write("added_tokens.json", "{\"<a>\": 300, \"<b>\": 300}");
    assertTrue(
        assertThrows(AwpException.class, this::bytes)
            .getMessage()
            .endsWith("token '<b>' has the id 300, which '<a>' has in added_tokens.json"));
  }

  @ParameterizedTest
  @EnumSource(names = {"GPT2", "QWEN2"})
  void vocabularyAndMergesGiveTheTokensOfTheirTokenizerJson(TokenizerKind kind) throws IOException {
    ObjectNode root = kind.json();
    root.putArray("added_tokens");
    root.putNull("post_processor");
    write("tokenizer.json", root.toString());
    write("vocab.json", root.path("model").path("vocab").toString());
    write(
        "merges.txt",
        root.path("model")
            .path("merges")
            .valueStream()
            .map(merge -> merge.path(0).asText() + " " + merge.path(1).asText())
            .collect(Collectors.joining("\n", "#version: 0.2\n", "\n")));
    String named = kind == TokenizerKind.GPT2 ? "GPT2Tokenizer" : "Qwen2TokenizerFast";
    write("tokenizer_config.json", "{\"tokenizer_class\": \"" + named + "\"}");
    String text = "aSb's  12 S12..\n\n a=b 'S\u4f60e\u0301";
    int[] wanted;
    try (Tokenizer tokenizer = Tokenizers.open(folder)) {
      wanted = tokenizer.encode(text);
    }
    Files.delete(folder.resolve("tokenizer.json"));
    try (Tokenizer tokenizer = Tokenizers.open(folder)) {
      assertArrayEquals(wanted, tokenizer.encode(text), () -> Arrays.toString(wanted));
      assertEquals(List.of(), tokenizer.warnings());
    }
  }

  @Test
  void aVocabularyOfAnotherKindIsRefusedWithTheWayOut() throws IOException {
    write("vocab.json", "{\"\u2581a\": 0}");
    write("merges.txt", "a b\n");
    String told = assertThrows(AwpException.class, () -> Tokenizers.open(folder)).getMessage();
    assertTrue(told.contains("save the tokenizer with transformers to get a tokenizer.json"), told);
    write("vocab.json", "{\"\u0120\": 0}");
    write("merges.txt", "a b c\n");
    told = assertThrows(AwpException.class, () -> Tokenizers.open(folder)).getMessage();
    assertEquals(
        folder.resolve("merges.txt")
            + ", line 1: 'a b c' is not two texts with a space between them",
        told);
  }
}
