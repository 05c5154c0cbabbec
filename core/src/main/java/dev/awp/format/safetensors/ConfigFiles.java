// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.safetensors;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.checkpoint.ConfigCorrections;
import dev.awp.checkpoint.ConfigSizes;
import dev.awp.checkpoint.ExpertCount;
import dev.awp.config.BlockConfig;
import dev.awp.config.GlobalHeads;
import dev.awp.config.RecurrenceRule;
import dev.awp.config.json.StatedQuantization;
import dev.awp.disk.Folders;
import dev.awp.json.JsonFile;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The JSON files that tell readers how a model folder is quantized. */
public final class ConfigFiles {
  public static final String CONFIG = "config.json";

  private static final String TIED = "tie_word_embeddings";
  private static final String TEXT = "text_config";

  /** Lists of a value for each block. */
  private static final List<String> BY_BLOCK =
      List.of(BlockConfig.TYPES_KEY, RecurrenceRule.SUBLAYERS_KEY, "no_rope_layers");

  private static final String KEY_VALUES = "num_key_value_heads";

  /** How many of the first blocks have no sliding window, in Qwen's files. */
  private static final String FULL_WINDOWS = "max_window_layers";

  /** Numbers stay as they were written. */
  private static final JsonMapper JSON =
      JsonFile.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private ConfigFiles() {}

  public static ObjectNode object() {
    return JSON.createObjectNode();
  }

  /**
   * Makes the copies of a model's files say what its tensors say.
   *
   * @param folder of the copies
   */
  public static void correct(Path folder, ConfigCorrections corrections) {
    if (corrections.equals(ConfigCorrections.NONE)) {
      return;
    }
    Path file = folder.resolve(CONFIG);
    ObjectNode config = object(file);
    if (corrections.untied()) {
      config.put(TIED, false);
      if (config.path(TEXT) instanceof ObjectNode text) {
        text.put(TIED, false);
      }
    }
    if (corrections.unquantized()) {
      config.remove(StatedQuantization.KEYS);
      if (config.path(TEXT) instanceof ObjectNode text) {
        text.remove(StatedQuantization.KEYS);
      }
    }
    corrections.dtype().ifPresent(dtype -> correct(config, dtype));
    ObjectNode text = config.path(TEXT) instanceof ObjectNode own ? own : config;
    if (corrections.unmultiplied()) {
      unmultiply(text);
    }
    corrections.sizes().ifPresent(sizes -> correct(text, sizes));
    corrections.experts().ifPresent(experts -> correct(text, experts));
    write(file, config);
    try {
      if (corrections.unquantized()) {
        for (Path stale : StatedQuantization.files(folder)) {
          Files.delete(stale);
        }
      }
    } catch (IOException e) {
      throw Folders.unwritable(folder, e);
    }
  }

  /** Says 1 under every key of multipliers. */
  private static void unmultiply(ObjectNode config) {
    for (Map.Entry<String, JsonNode> entry : config.properties()) {
      String key = entry.getKey();
      if (key.endsWith("_multiplier") && entry.getValue().isNumber()) {
        config.put(key, 1.0);
      } else if (key.endsWith("_multipliers") && entry.getValue().isArray()) {
        ArrayNode ones = JSON.createArrayNode();
        entry.getValue().forEach(_ -> ones.add(1.0));
        config.set(key, ones);
      }
    }
  }

  /** transformers 5 has another name for the key than those before it. */
  private static void correct(ObjectNode config, DType dtype) {
    String name =
        switch (dtype) {
          case F16 -> "float16";
          case BF16 -> "bfloat16";
          default -> "float32";
        };
    config.put(config.has("dtype") ? "dtype" : "torch_dtype", name);
    if (config.path(TEXT) instanceof ObjectNode text) {
      text.put(text.has("dtype") ? "dtype" : "torch_dtype", name);
    }
  }

  /** Sizes, and what is listed block by block. */
  private static void correct(ObjectNode config, ConfigSizes sizes) {
    put(config, sizes.widthKey(), sizes.neurons());
    put(config, "num_attention_heads", sizes.heads());
    sizes
        .globalHeads()
        .ifPresentOrElse(
            rule -> putByKind(config, rule, sizes),
            () -> {
              put(config, KEY_VALUES, sizes.keyValueHeads());
              config.put("head_dim", sizes.headDimension());
            });
    sizes.sharingKey().filter(config::has).ifPresent(key -> config.put(key, sizes.sharing()));
    config.put("num_hidden_layers", sizes.blocks().size());
    for (String key : BY_BLOCK) {
      if (config.path(key) instanceof ArrayNode all) {
        ArrayNode kept = config.putArray(key);
        sizes.blocks().forEach(block -> kept.add(all.path(block)));
      }
    }
    if (!sizes.types().isEmpty()) {
      ArrayNode types = config.putArray(BlockConfig.TYPES_KEY);
      sizes.types().forEach(types::add);
    }
    String pattern = RecurrenceRule.PATTERN_KEY;
    if (config.path(pattern).isTextual()) {
      String all = config.path(pattern).asText();
      String kept =
          sizes.blocks().stream()
              .map(block -> all.substring(block, block + 1))
              .collect(Collectors.joining());
      config.put(pattern, kept);
    }
    JsonNode full = config.path(FULL_WINDOWS);
    if (full.isInt()) {
      long before = sizes.blocks().stream().filter(block -> block < full.intValue()).count();
      config.put(FULL_WINDOWS, (int) before);
    }
  }

  /** Heads of keys where blocks without a window may have others, as the files say it. */
  private static void putByKind(ObjectNode config, GlobalHeads rule, ConfigSizes sizes) {
    boolean listed = config.path(rule.listKey()) instanceof ObjectNode;
    boolean ofKind =
        !listed && config.path(rule.keysAreValuesKey()).asBoolean() && hasValue(config, rule);
    ObjectNode kept = JSON.createObjectNode();
    for (int i = 0; i < sizes.blocks().size(); i++) {
      int count = sizes.keyValueHeads().get(i);
      boolean global = sizes.types().get(i).equals("full_attention");
      JsonNode said = config.path(rule.listKey()).path(sizes.blocks().get(i).toString());
      if (said instanceof ObjectNode own) {
        kept.set(Integer.toString(i), own.has(KEY_VALUES) ? own.put(KEY_VALUES, count) : own);
      }
      if (!said.has(KEY_VALUES)) {
        config.put(ofKind && global ? rule.keyValuesKey() : KEY_VALUES, count);
      }
    }
    if (listed) {
      config.set(rule.listKey(), kept);
    }
  }

  private static boolean hasValue(ObjectNode config, GlobalHeads rule) {
    return config.path(rule.keyValuesKey()).isNumber();
  }

  private static void correct(ObjectNode config, ExpertCount experts) {
    List<String> said = experts.keys().stream().filter(config::has).toList();
    (said.isEmpty() ? List.of(experts.keys().getLast()) : said)
        .forEach(key -> config.put(key, experts.count()));
  }

  /** One number where all blocks have the same; otherwise a list, which awp alone reads. */
  private static void put(ObjectNode config, String key, List<Integer> ofBlocks) {
    if (ofBlocks.stream().distinct().count() == 1) {
      config.put(key, ofBlocks.getFirst());
    } else if (!ofBlocks.isEmpty()) {
      ArrayNode list = config.putArray(key);
      ofBlocks.forEach(list::add);
    }
  }

  /** Adds the quantization to config.json. */
  public static void addQuantization(Path folder, ObjectNode quantization) {
    Path file = folder.resolve(CONFIG);
    ObjectNode config = object(file);
    config.set(StatedQuantization.KEY, quantization);
    write(file, config);
  }

  public static void write(Path file, ObjectNode content) {
    try {
      JSON.writeValue(file.toFile(), content);
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private static ObjectNode object(Path file) {
    if (JsonFile.read(file, JSON) instanceof ObjectNode object) {
      return object;
    }
    throw new AwpException(file + ": is no JSON object");
  }
}
