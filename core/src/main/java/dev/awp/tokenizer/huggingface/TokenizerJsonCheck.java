// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.huggingface;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Looks at a tokenizer.json before the native library does, which takes the whole process down on
 * some files that contradict themselves (docs/decisions/0022-long-texts.md).
 */
final class TokenizerJsonCheck {
  /** Published files have up to some 35 MB. */
  private static final long LARGEST_FILE = 512L << 20;

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private final Path file;

  private TokenizerJsonCheck(Path file) {
    this.file = file;
  }

  /**
   * Reads a file.
   *
   * @throws AwpException where it is no JSON
   */
  static ObjectNode read(Path file) {
    try {
      if (Files.size(file) > LARGEST_FILE) {
        throw new AwpException(file + ": not a readable tokenizer: it is above 512 MiB");
      }
      JsonNode root = JSON.readTree(file.toFile());
      if (!(root instanceof ObjectNode object)) {
        throw new AwpException(file + ": not a readable tokenizer: it is no JSON object");
      }
      return object;
    } catch (IOException e) {
      String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new AwpException(file + ": not a readable tokenizer: " + reason, e);
    }
  }

  /**
   * Checks the content of a file.
   *
   * @throws AwpException where it says something of what it does not have
   */
  static void check(Path file, JsonNode root) {
    TokenizerJsonCheck check = new TokenizerJsonCheck(file);
    check.processor(root.path("post_processor"));
    check.ids(root);
  }

  /** Templates consist of the one text that there is and of special tokens that are listed. */
  private void processor(JsonNode processor) {
    if (processor.isMissingNode() || processor.isNull()) {
      return;
    }
    if (!processor.path("type").isTextual()) {
      throw fail("a post_processor has no type");
    }
    processor.path("processors").forEach(this::processor);
    for (String template : new String[] {"single", "pair"}) {
      JsonNode pieces = processor.path(template);
      if (!pieces.isMissingNode() && !pieces.isArray()) {
        throw fail("post_processor: %s is no list".formatted(template));
      }
      pieces.forEach(piece -> piece(template, piece, processor.path("special_tokens")));
    }
  }

  private void piece(String template, JsonNode piece, JsonNode listed) {
    JsonNode sequence = piece.path("Sequence").path("id");
    JsonNode token = piece.path("SpecialToken").path("id");
    boolean known =
        token.isTextual()
            ? listed.isObject() && listed.has(token.textValue())
            : sequence.asText().equals("A")
                || (sequence.asText().equals("B") && template.equals("pair"));
    if (!known || piece.size() != 1) {
      throw fail("post_processor: %s has %s, which is not there".formatted(template, piece));
    }
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
