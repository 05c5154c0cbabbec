// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.ModelName;
import dev.awp.config.ExpertConfig;
import dev.awp.config.ModelConfig;
import dev.awp.gguf.GgufValue;
import dev.awp.json.JsonFile;
import dev.awp.model.ModelLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a GGUF file says about its model besides what is computed: what the model's card, the names
 * of its folder and of what it was made of, and its generation_config.json tell.
 */
final class GgufCard {
  private static final String GENERAL = "general.";

  private final Map<String, GgufValue> keys = new LinkedHashMap<>();

  private GgufCard() {}

  /** The keys of a model folder. */
  static Map<String, GgufValue> of(Checkpoint checkpoint, ModelLayout layout) {
    GgufCard card = new GgufCard();
    Path folder = checkpoint.companions();
    card.addSampling(json(folder.resolve("generation_config.json")));
    card.addCard(ModelCard.of(folder));
    String origin = json(folder.resolve("config.json")).path("_name_or_path").asText("");
    boolean named = origin.chars().filter(c -> c == '/').count() <= 1;
    long parameters = parameters(layout);
    if (named && !origin.isEmpty()) {
      int slash = origin.indexOf('/');
      card.addName(origin.substring(slash + 1), parameters);
      if (slash > 0 && origin.charAt(0) != '.') {
        card.put("organization", origin.substring(0, slash));
      }
    }
    card.addName(ModelName.of(checkpoint.folder()), parameters);
    ModelName.organization(checkpoint.folder()).ifPresent(o -> card.put("organization", o));
    card.put("size_label", sizeLabel(layout, parameters));
    return card.keys;
  }

  private static JsonNode json(Path file) {
    return Files.isRegularFile(file) ? JsonFile.read(file) : MissingNode.getInstance();
  }

  /** What was found first stays. */
  private void put(String key, String value) {
    keys.putIfAbsent(GENERAL + key, GgufValue.of(value));
  }

  private void addSampling(JsonNode generation) {
    JsonNode top = generation.path("top_k");
    if (top.isInt()) {
      keys.put(GENERAL + "sampling.top_k", GgufValue.signed(top.intValue()));
    }
    addReal(generation, "top_p", "top_p");
    addReal(generation, "min_p", "min_p");
    addReal(generation, "temperature", "temp");
    addReal(generation, "repetition_penalty", "penalty_repeat");
  }

  private void addReal(JsonNode generation, String from, String to) {
    JsonNode value = generation.path(from);
    if (value.isNumber()) {
      keys.put(GENERAL + "sampling." + to, GgufValue.of((float) value.doubleValue()));
    }
  }

  private void addCard(ModelCard card) {
    card.text("author", "model_author", "model_creator").ifPresent(v -> put("author", v));
    for (String key :
        List.of("version", "organization", "finetune", "basename", "description", "size_label")) {
      card.text(key, "model_" + key).ifPresent(value -> put(key, value));
    }
    card.text("license").ifPresent(value -> put("license", value));
    card.text("license_name").ifPresent(value -> put("license.name", value));
    card.text("license_link").ifPresent(value -> put("license.link", value));
    addList("tags", card.texts("tags", "pipeline_tag"));
    addList("languages", card.texts("languages", "language"));
  }

  private void addList(String key, List<String> values) {
    if (!values.isEmpty()) {
      keys.put(GENERAL + key, GgufValue.texts(values));
    }
  }

  private void addName(String name, long parameters) {
    NameParts parts = new NameParts(name, parameters);
    parts.get(NameParts.Kind.BASENAME).ifPresent(value -> put("basename", value));
    parts.get(NameParts.Kind.FINETUNE).ifPresent(value -> put("finetune", value));
    parts.get(NameParts.Kind.VERSION).ifPresent(value -> put("version", value));
    parts.get(NameParts.Kind.SIZE).ifPresent(value -> put("size_label", value));
  }

  /** Of an expert in each block where there are several, and their number before it: "8x7B". */
  private static String sizeLabel(ModelLayout layout, long parameters) {
    Optional<ExpertConfig> experts = layout.config().experts();
    if (experts.isEmpty()) {
      return NameParts.label(parameters);
    }
    ModelConfig config = layout.config();
    long routed =
        layout.linears().stream()
            .filter(linear -> linear.site().ofExpert())
            .mapToLong(linear -> (long) linear.rows() * linear.columns())
            .sum();
    int count = config.experts().orElseThrow().count();
    return count + "x" + NameParts.label(parameters - routed + routed / count);
  }

  private static long parameters(ModelLayout layout) {
    return layout.shapes().values().stream()
        .mapToLong(shape -> shape.stream().reduce(1L, Math::multiplyExact))
        .sum();
  }
}
