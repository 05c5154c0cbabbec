// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.document;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.awp.AwpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A .jsonl file: every line is a document, the string under "text". */
final class JsonLines implements DocumentReader {
  private static final JsonMapper JSON = new JsonMapper();

  @Override
  public boolean reads(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(".jsonl");
  }

  @Override
  public List<String> read(Path file) throws IOException {
    List<String> documents = new ArrayList<>();
    int number = 0;
    for (String line : Files.readAllLines(file)) {
      number++;
      if (!line.isBlank()) {
        documents.add(textOf(file, number, line));
      }
    }
    return documents;
  }

  private static String textOf(Path file, int number, String line) {
    JsonNode text;
    try {
      text = JSON.readTree(line).path("text");
    } catch (JsonProcessingException e) {
      throw new AwpException(
          "%s, line %s: not valid JSON: %s".formatted(file, number, e.getOriginalMessage()), e);
    }
    if (!text.isTextual()) {
      throw new AwpException(
          "%s, line %s: there is no string under \"text\"".formatted(file, number));
    }
    return text.textValue();
  }
}
