// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.sentencepiece;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.awp.AwpException;
import dev.awp.text.Tokenizers;
import dev.awp.tokenizer.Detokenizer;
import dev.awp.tokenizer.TextPieces;
import dev.awp.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * tokenizer.model against ids of the original library (test/golden/pieces.py), and against files
 * that are broken.
 */
class SentencePieceTest {
  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("tokenizer.model");
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream content = SentencePieceTest.class.getResourceAsStream(name)) {
      return content.readAllBytes();
    }
  }

  /** Stored as text: the house keeps no binaries. */
  private static byte[] model(String name) throws IOException {
    return Base64.getMimeDecoder().decode(resource(name + ".model.base64"));
  }

  private int[] encode(String text) {
    try (Tokenizer tokenizer = Tokenizers.open(folder)) {
      return tokenizer.encode(text);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bpe-bytes",
        "bpe-no-prefix",
        "bpe-unknown",
        "unigram",
        "unigram-bytes",
        "unigram-suffix"
      })
  void agreesWithTheOriginal(String name) throws IOException {
    Files.write(file, model(name));
    JsonNode golden = new ObjectMapper().readTree(resource(name + ".json"));
    for (int i = 0; i < golden.path("texts").size(); i++) {
      String text = golden.path("texts").path(i).asText();
      IntStream ids = golden.path("ids").path(i).valueStream().mapToInt(JsonNode::asInt);
      int[] expected = IntStream.concat(IntStream.of(golden.path("bos").asInt()), ids).toArray();
      assertArrayEquals(expected, encode(text), name + ": " + text);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bpe-bytes", "bpe-no-prefix", "bpe-unknown", "unigram", "unigram-suffix"})
  void partsHaveTheTokensOfTheWhole(String name) throws IOException {
    Files.write(file, model(name));
    String[] words = {
      " ", "  ", "The", "heron", "never", "sold", "12", ".", "\n", "\u00fc", "\u2581", "<s>",
      "\u4e00"
    };
    SplittableRandom random = new SplittableRandom(1);
    try (Tokenizer whole = SentencePieceTokenizer.open(file, 1 << 16);
        Tokenizer parts = SentencePieceTokenizer.open(file, 1)) {
      for (int i = 0; i < 300; i++) {
        String text =
            random
                .ints(1 + random.nextInt(40), 0, words.length)
                .mapToObj(word -> words[word])
                .collect(Collectors.joining());
        assertArrayEquals(whole.encode(text), parts.encode(text), text);
      }
    }
  }

  @Test
  void ordinaryTextsAreCut() throws IOException {
    Files.write(file, model("bpe-bytes"));
    TextPieces parts =
        new TextPieces(
            new StringReader("The heron never sold."),
            SentencePieceCuts.of(SentencePieceModel.read(file), Set.of()),
            5,
            50);
    assertEquals("The heron", parts.next());
    assertEquals("never", parts.next());
  }

  @ParameterizedTest
  @ValueSource(strings = {"bpe-bytes", "bpe-no-prefix", "unigram-bytes", "unigram-suffix"})
  void textComesBack(String name) throws IOException {
    Files.write(file, model(name));
    boolean bytes = !name.equals("unigram-suffix");
    String text = bytes ? " Gr\u00fc\u00dfe  an 12 <s>\n" : "The heron never sold a wooden box.";
    try (Tokenizer tokenizer = Tokenizers.open(folder)) {
      int[] tokens = tokenizer.encode(text);
      assertEquals(text, tokenizer.decode(tokens));
      Detokenizer detokenizer = new Detokenizer(tokenizer, new int[0]);
      StringBuilder out = new StringBuilder();
      for (int token : tokens) {
        out.append(detokenizer.add(token));
      }
      assertEquals(text.strip(), out.append(detokenizer.finish()).toString().strip());
    }
  }

  @Test
  void addedTokensAreReadBetweenTextsOfTheirOwn() throws IOException {
    Files.write(file, model("bpe-bytes"));
    int[] heron = encode("heron");
    Files.writeString(
        folder.resolve("added_tokens.json"), "{\"<|im_end|>\": 5000, \"<mine>\": 5001}");
    Files.writeString(
        folder.resolve("special_tokens_map.json"),
        "{\"additional_special_tokens\": [\"<|im_end|>\"]}");
    assertArrayEquals(new int[] {heron[0], 5000, 5001}, encode("<|im_end|><mine>"));
    int[] both = encode("heron<|im_end|>heron");
    assertEquals(2 * heron.length, both.length);
    assertArrayEquals(heron, Arrays.copyOf(both, heron.length));
    assertEquals(5000, both[heron.length]);
    assertEquals(heron[1], both[heron.length + 1]); // with the space in front, as transformers does
    try (Tokenizer tokenizer = Tokenizers.open(folder)) {
      assertEquals("<mine>", tokenizer.decode(new int[] {5000, 5001, 6000}));
    }
  }

  @Test
  void controlPiecesThatTheFilesNameAreFoundInATextAsTemplatesWriteThem() throws IOException {
    Files.write(file, model("bpe-bytes"));
    int[] heron = encode("heron");
    assertTrue(encode("</s>").length > 2, "nothing names it, so it is text");
    Files.writeString(folder.resolve("special_tokens_map.json"), "{\"eos_token\": \"</s>\"}");
    assertArrayEquals(new int[] {heron[0], 2}, encode("</s>"));
    int[] ended = encode("heron</s>");
    assertEquals(heron.length + 1, ended.length);
    assertEquals(2, ended[heron.length]);
  }

  @Test
  void theConfigurationDecidesWhatIsPutAround() throws IOException {
    Files.write(file, model("bpe-bytes"));
    int[] plain = Arrays.copyOfRange(encode("The heron"), 1, encode("The heron").length);
    Path config = folder.resolve("tokenizer_config.json");
    Files.writeString(config, "{\"add_bos_token\":false}");
    assertArrayEquals(plain, encode("The heron"));
    Files.writeString(
        config,
        "{\"add_bos_token\":true,\"add_eos_token\":true,\"bos_token\":{\"content\":\"</s>\"},\"eos_token\":\"<s>\"}");
    int[] around = encode("The heron");
    assertEquals(2, around[0]);
    assertEquals(1, around[around.length - 1]);
    Files.writeString(config, "{\"bos_token\":\"<none>\"}");
    assertRefused("bos_token '<none>' is no piece of tokenizer.model");
    Files.writeString(config, "{");
    assertRefused("tokenizer_config.json: not readable as JSON");
  }

  private void assertRefused(String rule) {
    AwpException refusal = assertThrows(AwpException.class, () -> Tokenizers.open(folder));
    assertTrue(refusal.getMessage().contains(rule), refusal.getMessage());
  }

  @Test
  void whatCannotBeReadIsRefused() throws IOException {
    assertRefused("tokenizer.json: the file is missing, and there is no tokenizer.model either");
    // Fields by hand: piece "a" twice; a normalizer with rules; a word model; no unknown piece.
    assertRefused(
        new int[] {0x0a, 3, 0x0a, 1, 'a', 0x0a, 3, 0x0a, 1, 'a'}, "is empty, there twice");
    assertRefused(new int[] {0x1a, 6, 0x0a, 1, 'x', 0x12, 1, 9}, "its normalizer 'x' is not");
    assertRefused(new int[] {0x12, 2, 0x18, 3}, "model type 3 is not supported");
    assertRefused(new int[] {0x0a, 3, 0x0a, 1, 'a'}, "no piece for what is unknown");
    assertRefused(new int[] {0x0a, 9, 0x0a, 1, 'a'}, "a field of 9 bytes where 3 are left");
    assertRefused(new int[] {0x0a, 4, 0x0a, 2, 'a', 0xff}, "text that is not UTF-8");
    assertRefused(new int[] {0x0a, 2, 0x18, 9}, "unknown type 9");
    assertRefused(
        new int[] {0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
        "more than ten bytes");
    assertRefused(new int[] {0x0b}, "wire type 3");
  }

  private void assertRefused(int[] content, String rule) throws IOException {
    byte[] bytes = new byte[content.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) content[i];
    }
    Files.write(file, bytes);
    assertRefused(rule);
  }

  @Test
  void brokenFilesAreRefusedOrReadAndNothingElse() throws IOException {
    SplittableRandom random = new SplittableRandom(7);
    for (String name : new String[] {"bpe-bytes", "unigram-bytes"}) {
      byte[] good = model(name);
      for (int i = 0; i < 300; i++) {
        byte[] bad = i % 3 == 0 ? Arrays.copyOf(good, random.nextInt(good.length)) : good.clone();
        for (int flips = random.nextInt(4); flips >= 0 && bad.length > 0; flips--) {
          bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
        }
        Files.write(file, bad);
        try {
          encode("The heron waited 1974 \u2581 \u00fc");
        } catch (AwpException e) {
          assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
        }
      }
    }
  }

  @Test
  void longTextsTakeNoQuadraticTime() throws IOException {
    // A minute and more, were a step of the merges linear.
    Files.write(file, model("bpe-bytes"));
    String text = "The old ferry was turning beside the river. ".repeat(5000);
    int[] ids = encode(text);
    assertTrue(ids.length > 5000 && ids.length < text.length(), "tokens: " + ids.length);
    byte[] utf8 = "a".repeat(200_000).getBytes(StandardCharsets.UTF_8);
    assertTrue(encode(new String(utf8, StandardCharsets.UTF_8)).length > 1000);
  }
}
