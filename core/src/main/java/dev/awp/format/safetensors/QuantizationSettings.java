// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.safetensors;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.AwpException;
import dev.awp.config.json.StatedQuantization;
import java.nio.file.Path;
import java.util.Set;

/**
 * What a checkpoint's files say of its quantization, checked as it is asked for.
 *
 * @param file for messages
 */
public record QuantizationSettings(Path file, JsonNode root) {
  private static final Set<Integer> BITS = Set.of(2, 3, 4, 8);

  /** Bits of a code: 2, 3, 4 or 8. */
  public int bits(JsonNode node, String key) {
    JsonNode bits = node.path(key);
    if (!bits.isInt() || !BITS.contains(bits.intValue())) {
      throw fail("%s must be 2, 3, 4 or 8, it is %s".formatted(key, bits));
    }
    return bits.intValue();
  }

  /** Columns of a group, given that -1 or nothing means all. */
  public int groupSize(int columns) {
    JsonNode size = root.path("group_size");
    if (size.isMissingNode() || size.isNull()) {
      return columns;
    }
    if (!size.isInt() || size.intValue() == 0 || size.intValue() < -1) {
      throw fail("group_size must be positive, or -1 for a whole row, it is " + size);
    }
    return size.intValue() == -1 ? columns : size.intValue();
  }

  /** Refuses a setting that is there and is not what is supported. */
  public void require(String key, String supported) {
    JsonNode value = root.path(key);
    if (!value.isMissingNode() && !value.isNull() && !value.asText().equalsIgnoreCase(supported)) {
      throw fail("%s %s is not supported, only %s is".formatted(key, value, supported));
    }
  }

  public AwpException fail(String rule) {
    return new AwpException(file + ": " + StatedQuantization.KEY + ": " + rule);
  }
}
