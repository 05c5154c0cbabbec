// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/**
 * The regular expressions of a tokenizer.json: what they may cost. The library ends its process
 * where a match takes more than ten million retries.
 */
final class Expressions {
  /** On which texts the library may end its process, from none to any. */
  enum Risk {
    NONE,
    LONG_RUNS,
    ANY
  }

  private Expressions() {}

  /** Puts cheaper expressions with the same matches in place of what is known. */
  static Risk bound(ObjectNode root) {
    Risk risk = Risk.NONE;
    for (String part : List.of("normalizer", "pre_tokenizer", "decoder")) {
      risk = worse(risk, boundAll(root.path(part)));
    }
    return risk;
  }

  private static Risk boundAll(JsonNode node) {
    Risk risk = Risk.NONE;
    for (JsonNode child : node) {
      risk = worse(risk, boundAll(child));
    }
    if (node instanceof ObjectNode object && object.path("Regex").isTextual()) {
      Optional<SplitPattern> pattern = SplitPattern.of(object.path("Regex").textValue());
      pattern.ifPresent(known -> object.put("Regex", known.text()));
      Risk own =
          pattern.map(known -> known.backtracks() ? Risk.LONG_RUNS : Risk.NONE).orElse(Risk.ANY);
      risk = worse(risk, own);
    }
    return risk;
  }

  private static Risk worse(Risk one, Risk other) {
    return one.compareTo(other) > 0 ? one : other;
  }
}
