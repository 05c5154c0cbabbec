// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.awp.AwpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Looks at a tokenizer.json before the native library does, which takes the whole process down on
 * some files that contradict themselves (docs/decisions/0019-hostile-files.md).
 */
final class TokenizerJsonCheck {
  /** Published files have up to some 35 MB. */
  private static final long LARGEST_FILE = 512L << 20;

  private static final JsonMapper JSON = new JsonMapper();

  private final Path file;

  private TokenizerJsonCheck(Path file) {
    this.file = file;
  }

  /**
   * Checks a file.
   *
   * @throws AwpException where it is no JSON, or says something of what it does not have
   */
  static void check(Path file) {
    try {
      if (Files.size(file) > LARGEST_FILE) {
        throw new AwpException(file + ": not a readable tokenizer: it is above 512 MiB");
      }
      JsonNode root = JSON.readTree(file.toFile());
      if (!root.isObject()) {
        throw new AwpException(file + ": not a readable tokenizer: it is no JSON object");
      }
      TokenizerJsonCheck check = new TokenizerJsonCheck(file);
      check.processor(root.path("post_processor"));
      check.ids(root);
    } catch (IOException e) {
      String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new AwpException(file + ": not a readable tokenizer: " + reason, e);
    }
  }

  /** Templates have only special tokens that are listed beside them. */
  private void processor(JsonNode processor) {
    for (JsonNode inner : processor.path("processors")) {
      processor(inner);
    }
    JsonNode listed = processor.path("special_tokens");
    for (String template : new String[] {"single", "pair"}) {
      for (JsonNode piece : processor.path(template)) {
        JsonNode name = piece.path("SpecialToken").path("id");
        if (name.isTextual() && !has(listed, name.textValue())) {
          throw fail("post_processor: '%s' is none of its special_tokens".formatted(name.asText()));
        }
      }
    }
  }

  /** An object's keys; the library reads a list of tokens with their ids too. */
  private static boolean has(JsonNode listed, String name) {
    return listed.has(name)
        || listed.valueStream().anyMatch(token -> token.path("id").asText().equals(name));
  }

  /** Tokens are ints in awp, and unsigned ints in the library. */
  private void ids(JsonNode root) {
    for (JsonNode token : root.path("added_tokens")) {
      id(token.path("content").asText(), token.path("id"));
    }
    JsonNode vocabulary = root.path("model").path("vocab");
    if (vocabulary.isObject()) {
      vocabulary.properties().forEach(entry -> id(entry.getKey(), entry.getValue()));
    }
    processorIds(root.path("post_processor"));
  }

  private void processorIds(JsonNode processor) {
    processor.path("processors").forEach(this::processorIds);
    for (JsonNode token : processor.path("special_tokens")) {
      token.path("ids").forEach(id -> id(token.path("id").asText(), id));
    }
  }

  private void id(String token, JsonNode id) {
    if (!id.isInt() || id.intValue() < 0) {
      throw fail("token '%s' has the id %s".formatted(token, id));
    }
  }

  private AwpException fail(String rule) {
    return new AwpException(file + ": not a readable tokenizer: " + rule);
  }
}
