// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.generation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.awp.json.JsonFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** The tokens after which a model has nothing more to say: eos_token_id, a number or several. */
final class EndTokens {
  private EndTokens() {}

  static Set<Integer> of(Path folder) {
    Set<Integer> tokens = new HashSet<>();
    for (String name : new String[] {"generation_config.json", "config.json"}) {
      JsonNode ids = read(folder.resolve(name)).path("eos_token_id");
      if (ids.isInt()) {
        tokens.add(ids.intValue());
      }
      for (JsonNode id : ids) {
        tokens.add(id.intValue());
      }
    }
    return tokens;
  }

  private static JsonNode read(Path file) {
    return Files.exists(file) ? JsonFile.read(file) : MissingNode.getInstance();
  }
}
