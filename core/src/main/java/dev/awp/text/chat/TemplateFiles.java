// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.chat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.AwpException;
import dev.awp.disk.FoundFile;
import dev.awp.json.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The chat templates of a model folder, wherever they stand. As in transformers, files of their own
 * (chat_template.jinja, additional_chat_templates/NAME.jinja) count before tokenizer_config.json,
 * and that before chat_template.json.
 *
 * @param templates by name, the one that is used unless another is named under "default"
 * @param warnings which templates differ from another of the same name that counts
 */
public record TemplateFiles(Map<String, TemplateSource> templates, List<String> warnings) {
  /** The name of the template that decides. */
  public static final String DEFAULT = "default";

  /** The folder of templates beside the default one. */
  public static final String FOLDER = "additional_chat_templates";

  private static final String JINJA = ".jinja";
  private static final String KEY = "chat_template";

  /**
   * Reads a folder's templates.
   *
   * @throws AwpException where a file is not readable or holds no template where one must be
   */
  public static TemplateFiles of(Path folder) {
    Map<String, TemplateSource> found = new LinkedHashMap<>();
    List<String> warnings = new ArrayList<>();
    Path own = folder.resolve(KEY + JINJA);
    if (Files.exists(own)) {
      put(found, warnings, DEFAULT, file(own));
    }
    for (Path file : additional(folder)) {
      String name = file.getFileName().toString();
      put(found, warnings, name.substring(0, name.length() - JINJA.length()), file(file));
    }
    json(folder.resolve("tokenizer_config.json"), found, warnings);
    json(folder.resolve("chat_template.json"), found, warnings);
    return new TemplateFiles(found, List.copyOf(warnings));
  }

  /** The files of templates beside the default one, by name. */
  public static List<Path> additional(Path folder) {
    Path templates = folder.resolve(FOLDER);
    if (!Files.isDirectory(templates)) {
      return List.of();
    }
    try (Stream<Path> content = Files.list(templates)) {
      return content.filter(file -> file.toString().endsWith(JINJA)).sorted().toList();
    } catch (IOException e) {
      throw new AwpException(templates + ": cannot be listed: " + e.getMessage(), e);
    }
  }

  private static TemplateSource file(Path file) {
    FoundFile.check(file);
    try {
      return new TemplateSource(file.toString(), Files.readString(file));
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** The key "chat_template": a string, or a list of named ones. */
  private static void json(Path file, Map<String, TemplateSource> found, List<String> warnings) {
    if (!Files.exists(file)) {
      return;
    }
    JsonNode template = JsonFile.read(file).path(KEY);
    if (template.isTextual()) {
      put(found, warnings, DEFAULT, new TemplateSource(place(file), template.textValue()));
    } else if (template.isArray()) {
      for (JsonNode entry : template) {
        named(file, entry, found, warnings);
      }
    } else if (!template.isMissingNode() && !template.isNull()) {
      throw new AwpException(
          place(file) + ": is neither a string nor a list of templates with name and template");
    }
  }

  private static void named(
      Path file, JsonNode entry, Map<String, TemplateSource> found, List<String> warnings) {
    JsonNode name = entry.path("name");
    JsonNode text = entry.path("template");
    if (!name.isTextual() || !text.isTextual()) {
      throw new AwpException(place(file) + ": an entry lacks the strings name and template");
    }
    String place = "%s of the name %s".formatted(place(file), name.textValue());
    put(found, warnings, name.textValue(), new TemplateSource(place, text.textValue()));
  }

  private static String place(Path file) {
    return file + ": chat_template";
  }

  private static void put(
      Map<String, TemplateSource> found,
      List<String> warnings,
      String name,
      TemplateSource template) {
    TemplateSource before = found.putIfAbsent(name, template);
    if (before != null && !before.text().equals(template.text())) {
      warnings.add(
          "%s differs from %s, which counts as in transformers"
              .formatted(template.place(), before.place()));
    }
  }
}
