// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.awp.AwpException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads config.json as transformers writes it, older and newer spellings, with its defaults. */
final class ModelConfigReader {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /** No published model comes near: a larger number is a broken or hostile file. */
  private static final int LARGEST_WIDTH = 1 << 20;

  private static final int LARGEST_COUNT = 1 << 14;
  private static final int LARGEST_VOCABULARY = 1 << 24;

  private final Path file;

  ModelConfigReader(Path file) {
    this.file = file;
  }

  ModelConfig read() {
    JsonNode root = tree();
    if (!root.isObject()) {
      throw fail("is no JSON object");
    }
    String activation = root.path("hidden_act").asText("silu");
    if (!activation.equals("silu")) {
      throw fail("hidden_act '" + activation + "' is not supported, only silu is");
    }
    int hidden = integer(root, "hidden_size", LARGEST_WIDTH);
    int heads = integer(root, "num_attention_heads", LARGEST_COUNT);
    int keyValueHeads = integerOr(root, "num_key_value_heads", heads, LARGEST_COUNT);
    int headDimension = integerOr(root, "head_dim", hidden / heads, LARGEST_WIDTH);
    if (heads % keyValueHeads != 0) {
      throw fail(
          "num_attention_heads %d is no multiple of num_key_value_heads %d"
              .formatted(heads, keyValueHeads));
    }
    if (headDimension < 2 || headDimension % 2 != 0) {
      throw fail("the head dimension " + headDimension + " is not even");
    }
    if ((long) heads * headDimension > LARGEST_WIDTH) {
      throw fail("num_attention_heads x head_dim is above " + LARGEST_WIDTH);
    }
    int layers = integer(root, "num_hidden_layers", LARGEST_COUNT);
    checkRotatesAll(root);
    checkRotatesAll(ropeSettings(root));
    float epsilon = (float) number(root, "rms_norm_eps", 1e-6);
    if (!(epsilon > 0 && epsilon < 1)) {
      throw fail("rms_norm_eps " + root.path("rms_norm_eps") + " is not between 0 and 1");
    }
    return new ModelConfig(
        file,
        architecture(root),
        hidden,
        integer(root, "intermediate_size", LARGEST_WIDTH),
        layers,
        heads,
        keyValueHeads,
        headDimension,
        integer(root, "vocab_size", LARGEST_VOCABULARY),
        integerOr(root, "max_position_embeddings", 2048, Integer.MAX_VALUE),
        epsilon,
        number(ropeSettings(root), "rope_theta", number(root, "rope_theta", 10000)),
        scaling(root),
        flag(root, "tie_word_embeddings"),
        flag(root, "attention_bias"),
        flag(root, "mlp_bias"),
        slidingWindow(root, layers));
  }

  private JsonNode tree() {
    try {
      return JSON.readTree(file.toFile());
    } catch (FileNotFoundException | NoSuchFileException e) {
      throw new AwpException(file + ": the file is missing", e);
    } catch (IOException e) {
      String reason = e.getMessage().lines().findFirst().orElse("");
      throw new AwpException(file + ": not readable as JSON: " + reason, e);
    }
  }

  private String architecture(JsonNode root) {
    JsonNode first = root.path("architectures").path(0);
    if (!first.isTextual()) {
      throw fail("architectures is missing");
    }
    return first.textValue();
  }

  /** transformers 5 moved the rotary settings into rope_parameters; null counts as missing. */
  private JsonNode ropeSettings(JsonNode root) {
    String key = root.hasNonNull("rope_parameters") ? "rope_parameters" : "rope_scaling";
    JsonNode settings = root.path(key);
    if (root.hasNonNull(key) && !settings.isObject()) {
      throw fail("%s must be an object, it is %s".formatted(key, settings));
    }
    return settings;
  }

  private void checkRotatesAll(JsonNode node) {
    if (number(node, "partial_rotary_factor", 1) != 1) {
      throw fail(
          "partial_rotary_factor %s is not supported, only 1 is"
              .formatted(node.path("partial_rotary_factor")));
    }
  }

  private Optional<Llama3Scaling> scaling(JsonNode root) {
    JsonNode scaling = ropeSettings(root);
    String type = scaling.path("rope_type").asText(scaling.path("type").asText("default"));
    return switch (type) {
      case "default" -> Optional.empty();
      case "llama3" ->
          Optional.of(
              new Llama3Scaling(
                  positive(scaling, "factor"),
                  positive(scaling, "low_freq_factor"),
                  positive(scaling, "high_freq_factor"),
                  integer(scaling, "original_max_position_embeddings", Integer.MAX_VALUE)));
      default ->
          throw fail(
              "rope scaling '" + type + "' is not supported, only " + List.of("default", "llama3"));
    };
  }

  /**
   * As transformers' classes do: Mistral slides wherever sliding_window is a number; Qwen only with
   * use_sliding_window, in the layers from max_window_layers on; LLaMA never.
   */
  private OptionalInt slidingWindow(JsonNode root, int layers) {
    String architecture = architecture(root);
    boolean qwen = architecture.startsWith("Qwen");
    boolean slides = qwen ? flag(root, "use_sliding_window") : architecture.startsWith("Mistral");
    if (!slides || !root.hasNonNull("sliding_window")) {
      return OptionalInt.empty();
    }
    int window = integer(root, "sliding_window", Integer.MAX_VALUE);
    int sliding = qwen ? slidingLayers(root, layers) : layers;
    if (sliding != 0 && sliding != layers) {
      throw fail("a sliding window in some layers only (max_window_layers) is not supported");
    }
    return sliding == 0 ? OptionalInt.empty() : OptionalInt.of(window);
  }

  private int slidingLayers(JsonNode root, int layers) {
    if (!root.hasNonNull("layer_types")) {
      // 28 is the default of Qwen2Config and Qwen3Config.
      return Math.max(0, layers - root.path("max_window_layers").asInt(28));
    }
    int sliding = 0;
    for (JsonNode type : root.path("layer_types")) {
      sliding += type.asText().equals("sliding_attention") ? 1 : 0;
    }
    return sliding;
  }

  private int integer(JsonNode node, String key, int largest) {
    if (!node.hasNonNull(key)) {
      throw fail(key + " is missing");
    }
    JsonNode value = node.path(key);
    if (!value.isIntegralNumber()
        || !value.canConvertToInt()
        || value.intValue() < 1
        || value.intValue() > largest) {
      throw fail("%s must be an integer from 1 to %d, it is %s".formatted(key, largest, value));
    }
    return value.intValue();
  }

  private int integerOr(JsonNode node, String key, int fallback, int largest) {
    return node.hasNonNull(key) ? integer(node, key, largest) : fallback;
  }

  private double number(JsonNode node, String key, double fallback) {
    return node.hasNonNull(key) ? positive(node, key) : fallback;
  }

  private double positive(JsonNode node, String key) {
    JsonNode value = node.path(key);
    double number = value.asDouble(Double.NaN);
    if (!value.isNumber() || !(number > 0) || Double.isInfinite(number)) {
      throw fail("%s must be a positive number, it is %s".formatted(key, value));
    }
    return number;
  }

  private boolean flag(JsonNode node, String key) {
    JsonNode value = node.path(key);
    if (!value.isMissingNode() && !value.isNull() && !value.isBoolean()) {
      throw fail("%s must be true or false, it is %s".formatted(key, value));
    }
    return value.asBoolean(false);
  }

  private AwpException fail(String rule) {
    return new AwpException(file + ": " + rule);
  }
}
