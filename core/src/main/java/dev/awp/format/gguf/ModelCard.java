// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * The card of a model: the YAML between two lines of dashes at the top of its README.md.
 *
 * @param values of the card; none where there is no card
 * @param warning why the card of a README.md is not read
 */
record ModelCard(Map<?, ?> values, Optional<String> warning) {
  private static final String FILE = "README.md";
  private static final String FENCE = "---";
  private static final int LARGEST = 256 << 10;

  /** The card in a model folder. */
  static ModelCard of(Path folder) {
    Path file = folder.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      return none(Optional.empty());
    }
    try {
      String card = card(file);
      LoadSettings settings =
          LoadSettings.builder().setMaxAliasesForCollections(0).setCodePointLimit(LARGEST).build();
      return new Load(settings).loadFromString(card) instanceof Map<?, ?> values
          ? new ModelCard(values, Optional.empty())
          : none(Optional.empty());
    } catch (IOException | YamlEngineException e) {
      return none(
          Optional.of(FILE + ": the model's card is not read: it is not YAML, or too long"));
    }
  }

  private static ModelCard none(Optional<String> warning) {
    return new ModelCard(Map.of(), warning);
  }

  /** The text between the first two fences; empty where the first line is none. */
  private static String card(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      String text = new String(in.readNBytes(LARGEST), StandardCharsets.UTF_8);
      List<String> lines = text.lines().toList();
      if (lines.isEmpty() || !lines.getFirst().equals(FENCE)) {
        return "";
      }
      // Tabs are no indentation in YAML, but cards have them.
      return String.join(
          "\n",
          lines.stream()
              .skip(1)
              .takeWhile(l -> !l.equals(FENCE))
              .map(l -> l.replace("\t", "  "))
              .toList());
    }
  }

  /** A single value; several are joined by commas. */
  Optional<String> text(String... keys) {
    return Stream.of(keys)
        .map(this::texts)
        .filter(texts -> !texts.isEmpty())
        .findFirst()
        .map(texts -> String.join(",", texts));
  }

  /** All values of all keys, whether a key has one or a list. */
  List<String> texts(String... keys) {
    return Stream.of(keys)
        .<Object>map(values::get)
        .flatMap(value -> value instanceof List<?> list ? list.stream() : Stream.ofNullable(value))
        .filter(value -> value instanceof String || value instanceof Number)
        .map(Object::toString)
        .toList();
  }
}
