// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tokenizer;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.gguf.file.GgufKeys;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The tokenizer in a GGUF file as the files of a model folder: tokenizer.json and
 * tokenizer_config.json, and generation_config.json with the tokens that end a text.
 */
public final class TokenizerFiles {
  private static final String PREFIX = GgufTokenizerSettings.PREFIX;

  /** Words of tokenizer_config.json, and llama.cpp's. */
  private static final Map<String, String> SPECIAL =
      Map.of("bos", "bos", "eos", "eos", "unk", "unknown", "pad", "padding");

  /** Further tokens behind which llama.cpp stops. */
  private static final List<String> ENDS = List.of("eos", "eot", "eom");

  private final GgufKeys keys;
  private final FileTokens tokens;

  private TokenizerFiles(GgufKeys keys) {
    this.keys = keys;
    this.tokens = FileTokens.of(keys);
  }

  /**
   * Contents by the names of files.
   *
   * @throws AwpException where the file has no tokenizer, or one that awp does not know
   */
  public static Map<String, ObjectNode> of(GgufKeys keys) {
    TokenizerFiles files = new TokenizerFiles(keys);
    Map<String, ObjectNode> contents = new LinkedHashMap<>();
    contents.put("tokenizer.json", files.tokenizer());
    contents.put("tokenizer_config.json", files.settings());
    contents.put("generation_config.json", files.generation());
    return contents;
  }

  private ObjectNode tokenizer() {
    String model = keys.text(PREFIX + "model").orElse("none");
    ObjectNode file =
        switch (model) {
          case "gpt2" -> ByteLevelJson.of(keys, tokens);
          case "llama", GgufTokenizer.GEMMA4 -> ByteFallbackJson.of(keys, tokens);
          default ->
              throw keys.fail(
                  PREFIX + "model",
                  "is '%s', only gpt2, llama and gemma4 are read".formatted(model));
        };
    ObjectNode made = JsonNodeFactory.instance.objectNode().put("version", "1.0");
    made.putNull("truncation").putNull("padding");
    made.set("added_tokens", tokens.added());
    made.set("normalizer", file.get("normalizer"));
    made.set("pre_tokenizer", file.get("pre_tokenizer"));
    made.set("post_processor", around());
    made.set("decoder", file.get("decoder"));
    made.set("model", file.get("model"));
    return made;
  }

  private Optional<Integer> id(String name) {
    Optional<Integer> id = keys.whole(PREFIX + SPECIAL.getOrDefault(name, name) + "_token_id");
    if (id.isPresent() && id.get() >= tokens.size()) {
      throw keys.fail(
          PREFIX + SPECIAL.getOrDefault(name, name) + "_token_id",
          "is %s, there are %s tokens".formatted(id.get(), tokens.size()));
    }
    return id;
  }

  /** Whether a token is put before a text (bos) or behind it (eos). */
  private boolean adds(String name) {
    String model = keys.text(PREFIX + "model").orElse("");
    if (model.equals(GgufTokenizer.GEMMA4) && name.equals("bos")) {
      // Whatever the file says.
      return id(name).isPresent();
    }
    boolean llama = model.equals("llama");
    boolean whole = PreTokenizer.takesWholeWords(keys.text(PREFIX + "pre").orElse(""));
    return id(name).isPresent()
        && keys.flag(PREFIX + "add_" + name + "_token", name.equals("bos") && (llama || whole));
  }

  private ObjectNode around() {
    ObjectNode template = JsonNodeFactory.instance.objectNode().put("type", "TemplateProcessing");
    ObjectNode special = JsonNodeFactory.instance.objectNode();
    for (String kind : List.of("single", "pair")) {
      var steps = template.putArray(kind);
      int type = 0;
      for (String sequence : kind.equals("single") ? List.of("A") : List.of("A", "B")) {
        for (String name : List.of("bos", "", "eos")) {
          if (name.isEmpty()) {
            steps.addObject().putObject("Sequence").put("id", sequence).put("type_id", type);
          } else if (adds(name)) {
            String text = tokens.text(id(name).orElseThrow());
            steps.addObject().putObject("SpecialToken").put("id", text).put("type_id", type);
            ObjectNode token = special.putObject(text).put("id", text);
            token.putArray("ids").add(id(name).orElseThrow());
            token.putArray("tokens").add(text);
          }
        }
        type++;
      }
    }
    template.set("special_tokens", special);
    return template;
  }

  private ObjectNode settings() {
    ObjectNode settings = JsonNodeFactory.instance.objectNode();
    settings.put("tokenizer_class", "PreTrainedTokenizerFast");
    for (String name : List.of("bos", "eos", "unk", "pad")) {
      id(name).ifPresent(id -> settings.put(name + "_token", tokens.text(id)));
    }
    settings.put("add_bos_token", adds("bos"));
    settings.put("add_eos_token", adds("eos"));
    settings.put("clean_up_tokenization_spaces", false);
    keys.whole(keys.architecture() + ".context_length")
        .ifPresent(length -> settings.put("model_max_length", length));
    GgufChatTemplates.of(keys).ifPresent(templates -> settings.set("chat_template", templates));
    return settings;
  }

  private ObjectNode generation() {
    ObjectNode generation = JsonNodeFactory.instance.objectNode();
    id("bos").ifPresent(id -> generation.put("bos_token_id", id));
    Set<Integer> ends = new LinkedHashSet<>();
    ENDS.forEach(name -> id(name).ifPresent(ends::add));
    if (ends.size() == 1) {
      generation.put("eos_token_id", ends.iterator().next());
    } else if (!ends.isEmpty()) {
      ends.forEach(generation.putArray("eos_token_id")::add);
    }
    id("pad").ifPresent(id -> generation.put("pad_token_id", id));
    return generation;
  }
}
