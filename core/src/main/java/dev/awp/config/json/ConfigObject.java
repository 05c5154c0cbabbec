// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.AwpException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * An object of config.json whose values are checked as they are taken. null counts as missing.
 *
 * @param file for messages
 */
record ConfigObject(Path file, JsonNode node) {
  boolean has(String key) {
    return node.hasNonNull(key);
  }

  /** The object under a key, an empty one where there is none. */
  ConfigObject child(String key) {
    JsonNode child = node.path(key);
    if (has(key) && !child.isObject()) {
      throw fail("%s must be an object, it is %s".formatted(key, child));
    }
    return new ConfigObject(file, child);
  }

  String text(String key, String fallback) {
    return node.path(key).asText(fallback);
  }

  /** An integer from 1 to a largest sane one. */
  int integer(String key, int largest) {
    if (!has(key)) {
      throw fail(key + " is missing");
    }
    JsonNode value = node.path(key);
    if (!value.isIntegralNumber()
        || !value.canConvertToInt()
        || value.intValue() < 1
        || value.intValue() > largest) {
      throw fail("%s must be an integer from 1 to %s, it is %s".formatted(key, largest, value));
    }
    return value.intValue();
  }

  /** An integer as before; 0 where it is missing or says so. */
  int integerOrZero(String key, int largest) {
    boolean none = !has(key) || node.path(key).asDouble(1) == 0;
    return none ? 0 : integer(key, largest);
  }

  int integerOr(String key, int fallback, int largest) {
    return has(key) ? integer(key, largest) : fallback;
  }

  /**
   * An integer for each block: one for all, or a list of as many, in which 0 may stand where it
   * says that a block has none.
   */
  List<Integer> ofBlocks(String key, int blocks, int least, int largest) {
    JsonNode list = node.path(key);
    if (!list.isArray()) {
      return Collections.nCopies(blocks, integer(key, largest));
    }
    if (list.size() != blocks) {
      throw fail("%s must list %s blocks, it lists %s".formatted(key, blocks, list.size()));
    }
    List<Integer> all = new ArrayList<>();
    for (JsonNode value : list) {
      if (!value.isIntegralNumber()
          || !value.canConvertToInt()
          || value.intValue() < least
          || value.intValue() > largest) {
        throw fail(
            "%s must list integers from %s to %s, one is %s".formatted(key, least, largest, value));
      }
      all.add(value.intValue());
    }
    return all;
  }

  double positive(String key) {
    return positive(key, node.path(key));
  }

  double positiveOr(String key, double fallback) {
    return has(key) ? positive(key) : fallback;
  }

  private double positive(String what, JsonNode value) {
    double number = value.asDouble(Double.NaN);
    if (!value.isNumber() || !(number > 0) || Double.isInfinite(number)) {
      throw fail("%s must be a positive number, it is %s".formatted(what, value));
    }
    return number;
  }

  /** A list of so many positive numbers. */
  List<Double> positives(String key, int count) {
    JsonNode list = node.path(key);
    if (!list.isArray() || list.size() != count) {
      throw fail("%s must be a list of %s numbers".formatted(key, count));
    }
    List<Double> numbers = new ArrayList<>();
    list.forEach(value -> numbers.add(positive("a number of " + key, value)));
    return numbers;
  }

  boolean flag(String key) {
    JsonNode value = node.path(key);
    if (!value.isMissingNode() && !value.isNull() && !value.isBoolean()) {
      throw fail("%s must be true or false, it is %s".formatted(key, value));
    }
    return value.asBoolean(false);
  }

  AwpException fail(String rule) {
    return new AwpException(file + ": " + rule);
  }
}
