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
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The JSON files that tell readers how a model folder is quantized. */
public final class ConfigFiles {
  public static final String CONFIG = "config.json";

  /** The key of config.json. */
  static final String QUANTIZATION = "quantization_config";

  /** GPTQ's own file, with the same content. */
  public static final String GPTQ = "quantize_config.json";

  /** Numbers stay as they were written. */
  private static final JsonMapper JSON =
      JsonMapper.builder()
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

  /** The quantization that a folder's files tell, an empty object where they tell none. */
  public static JsonNode quantization(Path folder) {
    Path config = folder.resolve(CONFIG);
    JsonNode inConfig = (Files.exists(config) ? read(config) : object()).path(QUANTIZATION);
    if (inConfig.isMissingNode() || inConfig.isNull()) {
      Path own = folder.resolve(GPTQ);
      // Checkpoints of AutoGPTQ's first years have this file alone.
      return Files.isRegularFile(own) ? read(own) : object();
    }
    return inConfig;
  }

  /** Adds the quantization to config.json. */
  public static void addQuantization(Path folder, ObjectNode quantization) {
    Path file = folder.resolve(CONFIG);
    if (!(read(file) instanceof ObjectNode config)) {
      throw new AwpException(file + ": is no JSON object");
    }
    config.set(QUANTIZATION, quantization);
    write(file, config);
  }

  public static void write(Path file, ObjectNode content) {
    try {
      JSON.writeValue(file.toFile(), content);
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private static JsonNode read(Path file) {
    try {
      return JSON.readTree(file.toFile());
    } catch (IOException e) {
      String reason = e.getMessage().lines().findFirst().orElse("");
      throw new AwpException(file + ": not readable as JSON: " + reason, e);
    }
  }
}
