// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.gguf.GgufCheckpoint;
import dev.awp.gguf.GgufValue;
import java.util.List;
import java.util.Map;

/** What a GGUF file that is compressed says besides, and its copy is to say too. */
final class ForeignMetadata {
  /** Of the file itself, not of the model: how it was made, and how it was split. */
  private static final List<String> OF_THE_FILE =
      List.of("split.", "quantize.", "general.alignment", "general.file_type");

  /** How many blocks are behind the last one, which are not written. */
  private static final String BEHIND = ".nextn_predict_layers";

  /** Taken as they were written, and not by way of a model folder's files. */
  private static final List<String> AS_THEY_WERE = List.of("general.name", "tokenizer.");

  private ForeignMetadata() {}

  /** Whether the original is such a file, which says all of its model. */
  static boolean isThere(Checkpoint original) {
    return original.source() instanceof GgufCheckpoint;
  }

  /**
   * Adds the keys that the original has.
   *
   * @param metadata of the new file so far; what is in it stays, names and tokenizer aside
   */
  static void add(Checkpoint original, Map<String, GgufValue> metadata) {
    if (!(original.source() instanceof GgufCheckpoint gguf)) {
      return;
    }
    Map<String, GgufValue> own = gguf.metadata();
    metadata.keySet().removeIf(key -> key.startsWith("tokenizer."));
    own.forEach(
        (key, value) -> {
          if (begins(key, AS_THEY_WERE)) {
            metadata.put(key, value);
          } else if (!begins(key, OF_THE_FILE) && !key.endsWith(BEHIND)) {
            metadata.putIfAbsent(key, value);
          }
        });
  }

  private static boolean begins(String key, List<String> words) {
    return words.stream().anyMatch(key::startsWith);
  }
}
