// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.json;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.awp.AwpException;
import dev.awp.disk.FoundFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Reads JSON files. NaN, Infinity and -Infinity are numbers: Python writes them, JSON has none. */
public final class JsonFile {
  private static final JsonMapper JSON = builder().build();

  /** A key that is there twice is an error: readers disagree on which of the two counts. */
  private static final JsonMapper STRICT =
      builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private JsonFile() {}

  /** A mapper with such numbers, for further settings. */
  public static JsonMapper.Builder builder() {
    return JsonMapper.builder()
        .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
        .disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS);
  }

  /**
   * The whole content.
   *
   * @throws AwpException where there is no file, or no JSON in it; it says what is there instead
   */
  public static JsonNode read(Path file) {
    return read(file, JSON);
  }

  /** The whole content, in which no key is twice in an object. */
  public static JsonNode readStrict(Path file) {
    return read(file, STRICT);
  }

  /** The whole content, by another mapper's rules. */
  public static JsonNode read(Path file, JsonMapper mapper) {
    FoundFile.check(file);
    try {
      JsonNode root = mapper.readTree(file.toFile());
      if (!root.isMissingNode()) {
        return root;
      }
      throw new AwpException(file + ": not readable as JSON: the file is empty");
    } catch (IOException e) {
      Optional<String> kind = FoundFile.kind(file);
      String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new AwpException(
          "%s: not readable as JSON: %s"
              .formatted(file, kind.map(k -> "it is " + k).orElse(reason)),
          e);
    }
  }
}
