// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.awp.AwpException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The documents of a text file: a .txt file whole, a .jsonl file line by line ("text" field). */
public final class TextFile {
  private static final JsonMapper JSON = new JsonMapper();

  private TextFile() {}

  public static List<String> documents(Path file) {
    try {
      if (file.toString().toLowerCase(Locale.ROOT).endsWith(".jsonl")) {
        return jsonLines(file);
      }
      return List.of(Files.readString(file));
    } catch (NoSuchFileException e) {
      throw new AwpException(file + ": the file is missing", e);
    } catch (CharacterCodingException e) {
      throw new AwpException(file + ": the text is not UTF-8", e);
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static List<String> jsonLines(Path file) throws IOException {
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
          "%s, line %d: not valid JSON: %s".formatted(file, number, e.getOriginalMessage()), e);
    }
    if (!text.isTextual()) {
      throw new AwpException(
          "%s, line %d: there is no string under \"text\"".formatted(file, number));
    }
    return text.textValue();
  }
}
