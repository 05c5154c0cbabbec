// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.safetensors;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.json.JsonFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * model.safetensors.index.json: which shard holds which tensor.
 *
 * @param weightMap tensor name to file name
 */
public record ShardIndex(Map<String, String> weightMap) {
  public static final String NAME = "model.safetensors.index.json";

  private static final JsonMapper JSON = JsonMapper.builder().build();

  public ShardIndex {
    weightMap = Map.copyOf(weightMap);
  }

  /** The shards, each once, by name. */
  public SortedSet<String> shards() {
    return new TreeSet<>(weightMap.values());
  }

  public static ShardIndex read(Path file) {
    JsonNode root = JsonFile.readStrict(file);
    JsonNode map = root.path("weight_map");
    if (!map.isObject() || map.isEmpty()) {
      throw new AwpException(file + ": weight_map is missing or empty");
    }
    Map<String, String> weightMap = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      weightMap.put(entry.getKey(), shardName(file, entry.getKey(), entry.getValue()));
    }
    return new ShardIndex(weightMap);
  }

  /** A shard is a file of the folder itself: no path leads out of it. */
  private static String shardName(Path file, String tensor, JsonNode value) {
    String name = value.isTextual() ? value.textValue() : "";
    boolean plain =
        name.endsWith(".safetensors")
            && name.indexOf('/') < 0
            && name.indexOf('\\') < 0
            && name.indexOf('\0') < 0
            && name.indexOf(':') < 0;
    if (!plain) {
      throw new AwpException(
          "%s: tensor %s: %s is not the name of a safetensors file in the folder"
              .formatted(file, tensor, value));
    }
    return name;
  }

  void write(Path file, long totalSize) throws IOException {
    ObjectNode root = JSON.createObjectNode();
    root.putObject("metadata").put("total_size", totalSize);
    ObjectNode map = root.putObject("weight_map");
    new TreeMap<>(weightMap).forEach(map::put);
    JSON.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), root);
  }
}
