// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.awp.json.JsonFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the files of a model folder say of its quantization, whether or not it is so. */
public final class StatedQuantization {
  /** The key of config.json. */
  public static final String KEY = "quantization_config";

  /** What older versions of compressed-tensors called it. */
  private static final String OLDER_KEY = "compression_config";

  /** All keys of config.json that speak of it. */
  public static final List<String> KEYS = List.of(KEY, OLDER_KEY);

  /** GPTQ's own file, with the same content. */
  public static final String GPTQ_FILE = "quantize_config.json";

  /** Files beside config.json in which programs say how a model is quantized. */
  private static final List<String> FILES =
      List.of(GPTQ_FILE, "quant_config.json", "hf_quant_config.json");

  private static final String CONFIG = "config.json";

  private StatedQuantization() {}

  /** The files of a folder, beside config.json, that speak of nothing else. */
  public static List<Path> files(Path folder) {
    return FILES.stream().map(folder::resolve).filter(Files::isRegularFile).toList();
  }

  /** The settings, an empty object where there are none. */
  public static JsonNode of(Path folder) {
    Path config = folder.resolve(CONFIG);
    if (Files.exists(config)) {
      JsonNode root = JsonFile.read(config);
      for (JsonNode place : List.of(root, root.path(WrappedText.KEY))) {
        for (String key : KEYS) {
          if (place.hasNonNull(key)) {
            return place.path(key);
          }
        }
      }
    }
    Path own = folder.resolve(GPTQ_FILE);
    // Checkpoints of AutoGPTQ's first years have this file alone.
    return Files.isRegularFile(own) ? JsonFile.read(own) : JsonNodeFactory.instance.objectNode();
  }
}
