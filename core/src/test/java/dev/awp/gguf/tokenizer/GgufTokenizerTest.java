// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.gguf.GgufValue;
import dev.awp.gguf.file.GgufKeys;
import dev.awp.tokenizer.sentencepiece.SentencePieceVocabulary;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** tokenizer.json as llama.cpp's metadata. */
class GgufTokenizerTest {
  private static final String SENTENCE_PIECE =
      """
      {"added_tokens": [{"id": 0, "content": "<unk>", "special": true},
                        {"id": 1, "content": "<s>", "special": true},
                        {"id": 2, "content": "</s>", "special": true},
                        {"id": 8, "content": "<mine>", "special": false}],
       "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"}]},
       "pre_tokenizer": null,
       "post_processor": {"type": "TemplateProcessing",
                          "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}]},
       "model": {"type": "BPE", "unk_token": "<unk>", "byte_fallback": true,
                 "vocab": {"<unk>": 0, "<s>": 1, "</s>": 2, "<0x0A>": 3, "\u2581": 4, "a": 5,
                           "\u2581a": 6, "\u2581aa": 7},
                 "merges": ["\u2581 a", "\u2581a a"]}}
      """;

  private static final String BYTE_LEVEL =
      """
      {"added_tokens": [{"id": 3, "content": "<end>", "special": true}],
       "normalizer": null,
       "pre_tokenizer": %s,
       "post_processor": {"type": "Sequence", "processors": [{"type": "ByteLevel"}]},
       "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"], ["a b", "c"]]}}
      """;

  @TempDir private Path folder;

  private GgufTokenizer.Result read(String tokenizer, int size) throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), tokenizer);
    return GgufTokenizer.of(folder, size, false);
  }

  private static List<Object> items(Map<String, GgufValue> keys, String key) {
    GgufValue.Items items = (GgufValue.Items) keys.get("tokenizer.ggml." + key);
    return items.values().stream()
        .<Object>map(
            value ->
                switch (value) {
                  case GgufValue.Text text -> text.value();
                  case GgufValue.Whole whole -> whole.value();
                  case GgufValue.Real real -> real.value();
                  default -> value;
                })
        .toList();
  }

  @Test
  void sentencePieceIsWrittenWithScoresByTheRankOfItsMerges() throws IOException {
    Map<String, GgufValue> keys = read(SENTENCE_PIECE, 10).metadata();
    assertEquals(GgufValue.of("llama"), keys.get("tokenizer.ggml.model"));
    assertEquals(
        List.of(
            "<unk>",
            "<s>",
            "</s>",
            "<0x0A>",
            "\u2581",
            "a",
            "\u2581a",
            "\u2581aa",
            "<mine>",
            "[PAD9]"),
        items(keys, "tokens"));
    assertEquals(List.of(2L, 3L, 3L, 6L, 1L, 1L, 1L, 1L, 4L, 5L), items(keys, "token_type"));
    assertEquals(List.of(-1.0, -2.0), items(keys, "scores").subList(6, 8));
    assertEquals(GgufValue.of(true), keys.get("tokenizer.ggml.add_bos_token"));
    assertEquals(GgufValue.of(false), keys.get("tokenizer.ggml.add_eos_token"));
    assertEquals(GgufValue.of(true), keys.get("tokenizer.ggml.add_space_prefix"));
    assertEquals(GgufValue.of(0), keys.get("tokenizer.ggml.unknown_token_id"));
    assertFalse(keys.containsKey("tokenizer.ggml.merges"));
  }

  @Test
  void mergesAreKeptWhereTheGraphHasATokenizerOfThem() throws IOException {
    String file =
        SENTENCE_PIECE
            .replace("{\"type\": \"Prepend\", \"prepend\": \"\u2581\"}", "")
            .replace("<mine>\", \"special\": false", "<|tool_call>\", \"special\": true");
    Files.writeString(folder.resolve("tokenizer.json"), file);
    GgufTokenizer.Result result = GgufTokenizer.of(folder, 9, true);
    Map<String, GgufValue> keys = result.metadata();
    assertEquals(List.of(), result.warnings());
    assertEquals(GgufValue.of("gemma4"), keys.get("tokenizer.ggml.model"));
    assertEquals(List.of("\u2581 a", "\u2581a a"), items(keys, "merges"));
    assertFalse(keys.containsKey("tokenizer.ggml.scores"));
    assertFalse(keys.containsKey("tokenizer.ggml.pre"));
    assertEquals(GgufValue.of(false), keys.get("tokenizer.ggml.add_space_prefix"));
    // What whoever parses a conversation must see is written out.
    assertEquals(List.of(2L, 3L, 3L, 6L, 1L, 1L, 1L, 1L, 4L), items(keys, "token_type"));
    ObjectNode back =
        TokenizerFiles.of(new GgufKeys(folder, withArchitecture(keys))).get("tokenizer.json");
    assertEquals("[[\"\u2581\",\"a\"],[\"\u2581a\",\"a\"]]", back.at("/model/merges").toString());
    assertEquals("<s>", back.at("/post_processor/single/0/SpecialToken/id").textValue());
    assertTrue(back.at("/model/byte_fallback").booleanValue());
    assertFalse(back.path("normalizer").toString().contains("Prepend"));
  }

  @Test
  void mergesAreNotKeptWhereSomethingComesBeforeAText() throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), SENTENCE_PIECE);
    Map<String, GgufValue> keys = GgufTokenizer.of(folder, 10, true).metadata();
    assertEquals(GgufValue.of("llama"), keys.get("tokenizer.ggml.model"));
  }

  @Test
  void aTextThatBeginsWithNoTokenIsToldOfSuchATokenizer() throws IOException {
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"add_bos_token\": false, \"bos_token\": \"<s>\"}");
    Files.writeString(
        folder.resolve("tokenizer.json"),
        SENTENCE_PIECE.replace("{\"type\": \"Prepend\", \"prepend\": \"\u2581\"}", ""));
    GgufTokenizer.Result result = GgufTokenizer.of(folder, 9, true);
    assertEquals(GgufValue.of(true), result.metadata().get("tokenizer.ggml.add_bos_token"));
    assertEquals(
        folder.resolve("tokenizer.json")
            + ": llama.cpp begins every text of such a tokenizer with a token",
        result.warnings().getLast());
  }

  private static Map<String, GgufValue> withArchitecture(Map<String, GgufValue> keys) {
    Map<String, GgufValue> all = new LinkedHashMap<>(keys);
    all.put("general.architecture", GgufValue.of("gemma4"));
    return all;
  }

  @Test
  void byteLevelIsWrittenWithMergesAndTheSpecialTokensOfTheSettings() throws IOException {
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        """
        {"bos_token": null, "eos_token": {"content": "<end>"}, "add_bos_token": false,
         "chat_template": "{{ messages }}"}
        """);
    Files.writeString(
        folder.resolve("config.json"), "{\"bos_token_id\": 1, \"eos_token_id\": [0, 2]}");
    String split = "{\"type\": \"ByteLevel\", \"use_regex\": true}";
    GgufTokenizer.Result result = read(BYTE_LEVEL.formatted(split), 4);
    Map<String, GgufValue> keys = result.metadata();
    assertEquals(List.of(), result.warnings());
    assertEquals(GgufValue.of("gpt2"), keys.get("tokenizer.ggml.model"));
    assertEquals(GgufValue.of("gpt-2"), keys.get("tokenizer.ggml.pre"));
    assertEquals(List.of("a b", "a\u0120b c"), items(keys, "merges"));
    assertEquals(List.of(1L, 1L, 1L, 3L), items(keys, "token_type"));
    assertEquals(GgufValue.of(1), keys.get("tokenizer.ggml.bos_token_id"));
    assertEquals(GgufValue.of(3), keys.get("tokenizer.ggml.eos_token_id"));
    assertEquals(GgufValue.of(false), keys.get("tokenizer.ggml.add_bos_token"));
    assertEquals(GgufValue.of("{{ messages }}"), keys.get("tokenizer.chat_template"));
  }

  @Test
  void chatTemplatesAreWrittenUnderTheirNames() throws IOException {
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        """
        {"chat_template": [{"name": "default", "template": "D"},
                           {"name": "tool_use", "template": "T"},
                           {"name": "ra-g", "template": "R"},
                           {"name": "ra_g", "template": "again"}]}
        """);
    GgufTokenizer.Result result =
        read(BYTE_LEVEL.formatted("{\"type\": \"ByteLevel\", \"use_regex\": true}"), 4);
    assertEquals(GgufValue.of("D"), result.metadata().get("tokenizer.chat_template"));
    assertEquals(GgufValue.of("T"), result.metadata().get("tokenizer.chat_template.tool_use"));
    assertEquals(GgufValue.of("R"), result.metadata().get("tokenizer.chat_template.ra_g"));
    assertEquals(
        GgufValue.texts(List.of("tool_use", "ra_g")),
        result.metadata().get("tokenizer.chat_templates"));
    assertEquals(1, result.warnings().size());
    assertTrue(result.warnings().getFirst().contains("\"ra_g\" like another's"));
  }

  @Test
  void chatTemplatesInFilesOfTheirOwnCountBeforeSettings() throws IOException {
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"chat_template\": \"old\"}");
    Files.writeString(folder.resolve("chat_template.json"), "{\"chat_template\": \"older\"}");
    Files.writeString(folder.resolve("chat_template.jinja"), "new");
    Path more = Files.createDirectory(folder.resolve("additional_chat_templates"));
    Files.writeString(more.resolve("tool_use.jinja"), "T");
    GgufTokenizer.Result result =
        read(BYTE_LEVEL.formatted("{\"type\": \"ByteLevel\", \"use_regex\": true}"), 4);
    assertEquals(GgufValue.of("new"), result.metadata().get("tokenizer.chat_template"));
    assertEquals(GgufValue.of("T"), result.metadata().get("tokenizer.chat_template.tool_use"));
    assertEquals(2, result.warnings().size());
    assertTrue(
        result.warnings().getFirst().contains("tokenizer_config.json: chat_template differs"));
  }

  private static Optional<String> name(String json) throws IOException {
    return PreTokenizer.name(new ObjectMapper().readTree(json));
  }

  @Test
  void splitsAreRecognised() throws IOException {
    String bytes = "{\"type\": \"ByteLevel\", \"use_regex\": false}";
    String pattern =
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r"
            + "\\\\n"
            + "\\\\p{L}\\\\p{N}]?\\\\p{L}+|\\\\p{N}%s| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r"
            + "\\\\n"
            + "]*|\\\\s*[\\\\r"
            + "\\\\n"
            + "]+|\\\\s+(?!\\\\S)|\\\\s+";
    String split =
        "{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"Split\", \"pattern\":"
            + " {\"Regex\": \"%s\"}, \"behavior\": \"%s\", \"invert\": false}, %s]}";
    assertEquals(
        Optional.of("qwen2"), name(split.formatted(pattern.formatted(""), "Isolated", bytes)));
    assertEquals(
        Optional.of("llama-bpe"),
        name(split.formatted(pattern.formatted("{1,3}"), "Isolated", bytes)));
    assertEquals(Optional.empty(), name(split.formatted(pattern.formatted(""), "Removed", bytes)));
    assertEquals(
        Optional.of("smollm"),
        name(
            "{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"Digits\","
                + " \"individual_digits\": true}, {\"type\": \"ByteLevel\"}]}"));
  }

  @Test
  void anUnknownSplitIsSaid() throws IOException {
    GgufTokenizer.Result result =
        read(BYTE_LEVEL.formatted("{\"type\": \"ByteLevel\", \"use_regex\": false}"), 4);
    assertEquals(GgufValue.of("default"), result.metadata().get("tokenizer.ggml.pre"));
    assertTrue(result.warnings().getFirst().contains("pre-tokenizer"));
  }

  @Test
  void whatLlamaCppWouldRefuseIsRefused() throws IOException {
    assertTrue(refusal(SENTENCE_PIECE, 8).contains("has the id 8, the embedding has 8 rows"));
    assertTrue(refusal(SENTENCE_PIECE.replace("\"id\": 8", "\"id\": 9"), 10).isEmpty());
    assertTrue(refusal("{\"model\": {\"type\": \"Unigram\"}}", 10).contains("not Unigram"));
    assertTrue(refusal("{\"model\":", 10).contains("not readable as JSON"));
    assertTrue(
        refusal(SENTENCE_PIECE.replace("\"<mine>\"", "\"[PAD9]\""), 10).contains("comes twice"));
  }

  private String refusal(String tokenizer, int size) throws IOException {
    try {
      var _ = read(tokenizer, size);
      return "";
    } catch (AwpException e) {
      return e.getMessage();
    }
  }

  private GgufTokenizer.Result model(String name, int size) throws IOException {
    String resource = "/dev/awp/tokenizer/sentencepiece/" + name + ".model.base64";
    try (InputStream content = GgufTokenizerTest.class.getResourceAsStream(resource)) {
      byte[] bytes = Base64.getMimeDecoder().decode(content.readAllBytes());
      Files.write(folder.resolve("tokenizer.model"), bytes);
      return GgufTokenizer.of(folder, size, false);
    }
  }

  @Test
  void aSentencePieceModelIsWrittenAsItIs() throws IOException {
    GgufTokenizer.Result result = model("bpe-bytes", 1000);
    Map<String, GgufValue> keys = result.metadata();
    SentencePieceVocabulary model = SentencePieceVocabulary.read(folder.resolve("tokenizer.model"));
    assertEquals(GgufValue.of("llama"), keys.get("tokenizer.ggml.model"));
    List<Object> tokens = items(keys, "tokens");
    List<Object> scores = items(keys, "scores");
    List<Object> types = items(keys, "token_type");
    assertEquals(1000, tokens.size());
    for (int id = 0; id < model.pieces().size(); id++) {
      SentencePieceVocabulary.Piece piece = model.pieces().get(id);
      assertEquals(piece.text(), tokens.get(id));
      assertEquals((double) piece.score(), scores.get(id));
      long type =
          switch (piece.type()) {
            case NORMAL -> 1;
            case UNKNOWN -> 2;
            case CONTROL -> 3;
            case USER_DEFINED -> 4;
            case UNUSED -> 5;
            case BYTE -> 6;
          };
      assertEquals(type, types.get(id));
    }
    assertEquals("[PAD999]", tokens.getLast());
    assertEquals(GgufValue.of(tokens.indexOf("<s>")), keys.get("tokenizer.ggml.bos_token_id"));
    assertEquals(
        GgufValue.of(tokens.indexOf("<unk>")), keys.get("tokenizer.ggml.unknown_token_id"));
    assertEquals(GgufValue.of(true), keys.get("tokenizer.ggml.add_bos_token"));
    assertEquals(GgufValue.of(false), keys.get("tokenizer.ggml.add_eos_token"));
    assertEquals(GgufValue.of(model.addSpace()), keys.get("tokenizer.ggml.add_space_prefix"));
  }

  @Test
  void sentencePieceModelsThatLlamaCppHasNoTokenizerForAreRefused() {
    assertTrue(refusedModel("unigram-bytes", 2000).contains("it is a unigram model"));
    assertTrue(refusedModel("bpe-unknown", 2000).contains("no byte fallback"));
    assertTrue(refusedModel("bpe-bytes", 10).contains("the embedding has 10 rows"));
  }

  private String refusedModel(String name, int size) {
    return assertThrows(AwpException.class, () -> model(name, size)).getMessage();
  }

  @Test
  void aMissingTokenizerIsSaid() {
    String message =
        assertThrows(AwpException.class, () -> GgufTokenizer.of(folder, 4, false)).getMessage();
    assertTrue(message.contains("the file is missing"), message);
  }

  @Test
  void tokensOfOtherFilesAreWrittenWithTheirTypes() throws IOException {
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        """
        {"added_tokens_decoder": {"5": {"content": "<|im_end|>", "special": true},
                                  "6": {"content": "<tool>", "special": false}},
         "eos_token": "<|im_end|>"}
        """);
    Files.writeString(folder.resolve("added_tokens.json"), "{\"<think>\": 7}");
    Files.writeString(
        folder.resolve("generation_config.json"),
        "{\"eos_token_id\": [5, 3], \"bos_token_id\": 3}");
    GgufTokenizer.Result result =
        read(BYTE_LEVEL.formatted("{\"type\": \"ByteLevel\", \"use_regex\": true}"), 9);
    Map<String, GgufValue> keys = result.metadata();
    assertEquals(
        List.of("a", "b", "ab", "<end>", "[PAD4]", "<|im_end|>", "<tool>", "<think>", "[PAD8]"),
        items(keys, "tokens"));
    assertEquals(List.of(1L, 1L, 1L, 3L, 5L, 3L, 4L, 4L, 5L), items(keys, "token_type"));
    assertEquals(GgufValue.of(5), keys.get("tokenizer.ggml.eos_token_id"));
    assertEquals(GgufValue.of(3), keys.get("tokenizer.ggml.eot_token_id"));
    assertEquals(GgufValue.of(3), keys.get("tokenizer.ggml.bos_token_id"));
    assertEquals(1, result.warnings().size());
    assertTrue(
        result
            .warnings()
            .getFirst()
            .endsWith(
                "2 of the 9 rows of the embedding have no token, the first is 4; they are written"
                    + " as unused"),
        result.warnings().getFirst());
  }

  @Test
  void idsInTheConfigurationOfTheTextMakeTokensOfTheVocabularyControl() throws IOException {
    Files.writeString(
        folder.resolve("config.json"), "{\"text_config\": {\"eos_token_id\": [1, 2]}}");
    String plain =
        BYTE_LEVEL
            .formatted("{\"type\": \"ByteLevel\", \"use_regex\": true}")
            .replace("\"b\": 1", "\"<e>\": 1")
            .replace("[\"a\", \"b\"], ", "");
    Map<String, GgufValue> keys = read(plain, 4).metadata();
    assertEquals(List.of(1L, 3L, 1L, 3L), items(keys, "token_type")); // "ab" is no marker
    assertEquals(GgufValue.of(1), keys.get("tokenizer.ggml.eos_token_id"));
    assertEquals(GgufValue.of(2), keys.get("tokenizer.ggml.eot_token_id"));
  }

  @Test
  void aSentencePieceModelGetsTheTokensOfOtherFiles() throws IOException {
    Files.writeString(folder.resolve("added_tokens.json"), "{\"<|im_end|>\": 998}");
    Files.writeString(
        folder.resolve("special_tokens_map.json"),
        "{\"additional_special_tokens\": [\"<|im_end|>\"], \"eos_token\": {\"content\":"
            + " \"<|im_end|>\"}}");
    GgufTokenizer.Result result = model("bpe-bytes", 1000);
    assertEquals("<|im_end|>", items(result.metadata(), "tokens").get(998));
    assertEquals(3L, items(result.metadata(), "token_type").get(998));
    assertEquals(GgufValue.of(998), result.metadata().get("tokenizer.ggml.eos_token_id"));
    assertTrue(
        refusedModel("bpe-bytes", 998).contains("'<|im_end|>' has the id 998, the embedding"));
  }

  @Test
  void vocabularyAndMergesAreWrittenAsATokenizerJsonWouldBe() throws IOException {
    Files.writeString(folder.resolve("vocab.json"), "{\"a\": 0, \"\u0120\": 1, \"\u0120a\": 2}");
    Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\n\u0120 a\n");
    Files.writeString(
        folder.resolve("tokenizer_config.json"), "{\"tokenizer_class\": \"Qwen2Tokenizer\"}");
    GgufTokenizer.Result result = GgufTokenizer.of(folder, 3, false);
    assertEquals(List.of(), result.warnings());
    assertEquals(GgufValue.of("qwen2"), result.metadata().get("tokenizer.ggml.pre"));
    assertEquals(List.of("\u0120 a"), items(result.metadata(), "merges"));
    Files.writeString(folder.resolve("tokenizer_config.json"), "{}");
    String warning = GgufTokenizer.of(folder, 3, false).warnings().getFirst();
    assertTrue(warning.contains("tokenizer_class is not given: texts are split as GPT-2"), warning);
  }
}
