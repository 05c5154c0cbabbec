// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.file;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.json.JsonFile;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a folder says of its quantization, where the tensors alone do not tell.
 *
 * @param gptqZeroOffset what has to be added to a stored GPTQ zero point: 1 in the original format,
 *     which is also what a file without a word on it has, 0 in gptq_v2
 */
record QuantizationConfig(int gptqZeroOffset) {
  static QuantizationConfig of(Path folder) {
    String format =
        checkpointFormat(folder.resolve("config.json"), "quantization_config")
            + checkpointFormat(folder.resolve("quantize_config.json"), "");
    return new QuantizationConfig(format.contains("gptq_v2") ? 0 : 1);
  }

  private static String checkpointFormat(Path file, String key) {
    if (!Files.exists(file)) {
      return "";
    }
    JsonNode root = JsonFile.read(file);
    JsonNode config = key.isEmpty() ? root : root.path(key);
    return config.path("checkpoint_format").asText("");
  }
}
