// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.awp.AwpException;
import dev.awp.safetensors.SafetensorsHeader.Entry;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the JSON header of a safetensors file and holds it to the rules of the format: no gap, no
 * overlap, sizes that agree with shapes, nothing beyond the end of the file. Every refusal is one
 * sentence with the file, the tensor, the value and the rule.
 */
final class SafetensorsHeaderParser {
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(8).build())
          .build();

  private static final int MAX_RANK = 32;

  /** Far above any file, low enough that 100 MB of tiny entries do not fill the heap. */
  private static final int MAX_METADATA = 1 << 16;

  private final Path file;
  private final long dataBytes;
  private final List<Entry> entries = new ArrayList<>();
  private final Map<String, String> metadata = new HashMap<>();

  /**
   * A parser for one file.
   *
   * @param dataBytes bytes of the file behind the header
   */
  SafetensorsHeaderParser(Path file, long dataBytes) {
    this.file = file;
    this.dataBytes = dataBytes;
  }

  SafetensorsHeader parse(byte[] json) {
    checkUtf8(json);
    try (JsonParser parser = JSON.createParser(json)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        if (name.equals("__metadata__")) {
          parseMetadata(parser);
        } else {
          parseTensor(parser, name);
        }
      }
      if (parser.nextToken() != null) {
        throw fail("the header goes on after its JSON object");
      }
    } catch (IOException e) {
      String reason = e.getMessage().lines().findFirst().orElse("");
      throw new AwpException(file + ": the header is not valid JSON: " + reason, e);
    }
    return new SafetensorsHeader(metadata, checkLayout());
  }

  private void checkUtf8(byte[] json) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json));
    } catch (CharacterCodingException e) {
      throw new AwpException(file + ": the header is not UTF-8", e);
    }
  }

  private void parseMetadata(JsonParser parser) throws IOException {
    if (parser.nextToken() == JsonToken.VALUE_NULL) {
      return; // some writers have it where there is nothing to say
    }
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw fail("__metadata__ must map strings to strings");
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      if (parser.nextToken() != JsonToken.VALUE_STRING) {
        throw fail("__metadata__ must map strings to strings, '" + key + "' is no string");
      }
      metadata.put(key, parser.getText());
      if (metadata.size() > MAX_METADATA) {
        throw fail("__metadata__ has more than " + MAX_METADATA + " entries");
      }
    }
  }

  private void parseTensor(JsonParser parser, String name) throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw fail(name, "its entry is no JSON object");
    }
    String dtype = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      JsonToken value = parser.nextToken();
      switch (key) {
        case "dtype" -> dtype = parser.getText();
        case "shape" -> shape = parseNumbers(parser, value, name, key);
        case "data_offsets" -> offsets = parseNumbers(parser, value, name, key);
        default -> parser.skipChildren();
      }
    }
    if (dtype == null || shape == null || offsets == null) {
      throw fail(name, "dtype, shape or data_offsets is missing");
    }
    if (offsets.size() != 2) {
      throw fail(name, "data_offsets must be [begin, end], not " + offsets);
    }
    String spelled = dtype;
    DType type =
        DType.byName(dtype).orElseThrow(() -> fail(name, "unknown dtype '" + spelled + "'"));
    add(new Entry(name, type, shape, offsets.get(0), offsets.get(1)));
  }

  private List<Long> parseNumbers(JsonParser parser, JsonToken token, String name, String key)
      throws IOException {
    if (token != JsonToken.START_ARRAY) {
      throw fail(name, key + " is no list");
    }
    List<Long> numbers = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      boolean integer =
          parser.currentToken() == JsonToken.VALUE_NUMBER_INT
              && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
      if (!integer || parser.getLongValue() < 0) {
        throw fail(
            name, key + " holds '" + parser.getText() + "' where a size or offset is expected");
      }
      numbers.add(parser.getLongValue());
      if (numbers.size() > MAX_RANK) {
        throw fail(name, key + " has more than " + MAX_RANK + " entries");
      }
    }
    return numbers;
  }

  private void add(Entry entry) {
    if (entry.begin() > entry.end() || entry.end() > dataBytes) {
      throw fail(
          entry.name(),
          "data_offsets [%s, %s] do not lie in the file's %s data bytes, is it truncated?"
              .formatted(entry.begin(), entry.end(), dataBytes));
    }
    long expected;
    try {
      long elements = entry.shape().stream().reduce(1L, Math::multiplyExact);
      long bits = Math.multiplyExact(elements, entry.dtype().bits());
      if (bits % 8 != 0) {
        throw fail(entry.name(), "its elements do not fill whole bytes");
      }
      expected = bits / 8;
    } catch (ArithmeticException e) {
      throw new AwpException(
          "%s: tensor %s: the size of shape %s overflows"
              .formatted(file, entry.name(), entry.shape()),
          e);
    }
    long actual = entry.end() - entry.begin();
    if (actual != expected) {
      throw fail(
          entry.name(),
          "shape %s of %s takes %s bytes, data_offsets span %s"
              .formatted(entry.shape(), entry.dtype(), expected, actual));
    }
    entries.add(entry);
  }

  private List<Entry> checkLayout() {
    entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    long position = 0;
    for (Entry entry : entries) {
      if (entry.begin() != position) {
        throw fail(
            entry.name(),
            "its data begin at %s, the tensor before it ends at %s: %s"
                .formatted(
                    entry.begin(),
                    position,
                    entry.begin() < position ? "tensors overlap" : "there is a gap"));
      }
      position = entry.end();
    }
    if (position != dataBytes) {
      throw fail(
          "the last tensor ends at %s, the file holds %s data bytes"
              .formatted(position, dataBytes));
    }
    return entries;
  }

  private AwpException fail(String name, String rule) {
    return fail("tensor " + name + ": " + rule);
  }

  private AwpException fail(String rule) {
    return new AwpException(file + ": " + rule);
  }
}
