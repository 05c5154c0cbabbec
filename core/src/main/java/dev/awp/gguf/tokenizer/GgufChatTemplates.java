// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.awp.gguf.GgufValue;
import dev.awp.gguf.file.GgufKeys;
import dev.awp.text.chat.TemplateFiles;
import dev.awp.text.chat.TemplateSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A folder's chat templates as llama.cpp's metadata: the default one, the others each under its
 * name, and the list of those names.
 */
final class GgufChatTemplates {
  private static final String DEFAULT = "tokenizer.chat_template";
  private static final String NAMES = "tokenizer.chat_templates";

  private GgufChatTemplates() {}

  /**
   * Adds the templates to the metadata.
   *
   * @param warnings gets a sentence for each that cannot be written, or that another overrides
   */
  static void put(Path folder, Map<String, GgufValue> keys, List<String> warnings) {
    TemplateFiles files = TemplateFiles.of(folder);
    warnings.addAll(files.warnings());
    Map<String, GgufValue> named = new LinkedHashMap<>();
    files
        .templates()
        .forEach(
            (name, template) -> {
              if (!name.equals(TemplateFiles.DEFAULT)) {
                put(name, template, named, warnings);
              }
            });
    named.forEach((name, template) -> keys.put(DEFAULT + "." + name, template));
    if (!named.isEmpty()) {
      keys.put(NAMES, GgufValue.texts(new ArrayList<>(named.keySet())));
    }
    TemplateSource main = files.templates().get(TemplateFiles.DEFAULT);
    if (main != null) {
      keys.put(DEFAULT, GgufValue.of(main.text()));
    } else if (!named.isEmpty()) {
      warnings.add(
          "%s: no chat template is named \"default\", and the GGUF file has none that llama.cpp takes by itself"
              .formatted(folder.normalize()));
    }
  }

  /**
   * The templates of a file as tokenizer_config.json has them: a string, or a list of named ones.
   * Empty where there are none.
   */
  static Optional<JsonNode> of(GgufKeys keys) {
    Optional<JsonNode> main = keys.text(DEFAULT).map(TextNode::valueOf);
    List<String> names = keys.texts(NAMES);
    if (names.isEmpty()) {
      return main;
    }
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    main.ifPresent(
        text -> all.addObject().put("name", TemplateFiles.DEFAULT).set("template", text));
    for (String name : names) {
      String text =
          keys.text(DEFAULT + "." + name)
              .orElseThrow(() -> keys.fail(DEFAULT + "." + name, "is missing"));
      all.addObject().put("name", name).put("template", text);
    }
    return Optional.of(all);
  }

  /** As llama.cpp's converter spells names: other characters than letters and digits become _. */
  private static void put(
      String name, TemplateSource template, Map<String, GgufValue> named, List<String> warnings) {
    String spelled = name.replaceAll("[^A-Za-z0-9]", "_");
    if (spelled.isEmpty() || named.containsKey(spelled)) {
      warnings.add(
          "%s: the template is left out of the GGUF file, where its name would be \"%s\""
                  .formatted(template.place(), spelled)
              + (spelled.isEmpty() ? "" : " like another's"));
      return;
    }
    named.put(spelled, GgufValue.of(template.text()));
  }
}
