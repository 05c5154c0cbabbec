// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.config.Architecture;
import dev.awp.config.architecture.Architectures;
import java.util.Map;
import java.util.Optional;

/**
 * The text model in the config.json of a model that does more than text, such as Gemma 3, Mistral 3
 * and LLaVA: whatever wraps it, it is read where its own kind is known.
 *
 * @param whole config.json
 * @param text its text_config
 */
record WrappedText(JsonNode whole, JsonNode text) {
  static final String KEY = "text_config";

  /** What published files have before the names of the text model. */
  static final String PREFIX = "language_model.";

  private static final String TYPE = "model_type";

  /** What a text_config is of that does not say it, by the "model_type" of the whole. */
  private static final Map<String, String> UNSAID =
      Map.of(
          "gemma3",
          "gemma3_text",
          "gemma4",
          "gemma4_text",
          "llava",
          "llama",
          "llava_next",
          "llama",
          "mistral3",
          "mistral");

  /** The architecture of the text model, where it is known. */
  Optional<Architecture> architecture() {
    String unsaid = UNSAID.getOrDefault(whole.path(TYPE).asText(""), "");
    return Architectures.named(whole.path("architectures").path(0).asText(""))
        .or(() -> Architectures.ofModelType(text.path(TYPE).asText("")))
        .or(() -> Architectures.named(text.path("architectures").path(0).asText("")))
        .or(() -> text.hasNonNull(TYPE) ? Optional.empty() : Architectures.ofModelType(unsaid));
  }

  /** Keys of the whole that count for the text where that does not have them. */
  static ObjectNode shared(JsonNode whole) {
    ObjectNode shared = JsonNodeFactory.instance.objectNode();
    if (whole.hasNonNull("tie_word_embeddings")) {
      shared.set("tie_word_embeddings", whole.get("tie_word_embeddings"));
    }
    return shared;
  }
}
