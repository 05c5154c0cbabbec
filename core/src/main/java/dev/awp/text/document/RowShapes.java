// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.document;

import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.AwpException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Finds where the documents of rows are: in the field that is named, else in a field of a usual
 * name, else in the only one that holds text. More than one answer is none.
 */
public final class RowShapes {
  private static final Set<String> TEXTS =
      Set.of(
          "text",
          "content",
          "document",
          "body",
          "article",
          "passage",
          "paragraph",
          "sentence",
          "story",
          "code",
          "raw_text",
          "full_text",
          "raw_content",
          "page_content");

  private static final Set<String> TURNS =
      Set.of("messages", "conversations", "conversation", "dialog", "dialogue", "chat");

  private static final Set<String> REQUESTS = Set.of("instruction", "prompt", "question", "query");
  private static final Set<String> ANSWERS = Set.of("output", "completion", "response", "answer");
  private static final Set<String> MORE = Set.of("input", "context");
  private static final Set<String> SYSTEM = Set.of("system", "system_prompt");

  /** Letters, a space, letters. */
  private static final Pattern WORDS = Pattern.compile("\\p{L}.*\\s.*\\p{L}", Pattern.DOTALL);

  private final Path file;
  private final List<JsonNode> rows;
  private final Set<String> names = new LinkedHashSet<>();

  private RowShapes(Path file, List<JsonNode> rows) {
    this.file = file;
    this.rows = rows;
    rows.forEach(row -> row.fieldNames().forEachRemaining(names::add));
  }

  /** Whether a field may hold the text by its name. */
  public static boolean isUsual(String name) {
    String lower = lower(name);
    return TEXTS.contains(lower)
        || TURNS.contains(lower)
        || REQUESTS.contains(lower)
        || ANSWERS.contains(lower);
  }

  /** Whether a row says by the names of its fields where its document is. */
  public static boolean isClear(JsonNode row, Optional<String> field) {
    RowShapes shapes = new RowShapes(Path.of(""), List.of(row));
    return field.isPresent() ? row.has(field.get()) : !shapes.named().isEmpty();
  }

  private static String lower(String name) {
    return name.strip().toLowerCase(Locale.ROOT);
  }

  /**
   * The shape of a file's rows.
   *
   * @param rows the first of them, objects, at least one
   * @param field that was named
   * @throws AwpException that lists the fields where none or several may hold the text
   */
  public static RowShape of(Path file, List<JsonNode> rows, Optional<String> field) {
    RowShapes shapes = new RowShapes(file, rows);
    if (field.isPresent()) {
      return shapes.given(field.get());
    }
    List<RowShape> found = shapes.named();
    if (found.isEmpty()) {
      found = shapes.onlyOne(shapes::isText);
    }
    if (found.isEmpty()) {
      found = shapes.onlyOne(shapes::hasWords);
    }
    if (found.size() == 1) {
      return found.getFirst();
    }
    throw shapes.fail(
        found.isEmpty()
            ? "no field is known to hold the text"
            : "more than one field may hold the text ("
                + found.stream().map(RowShape::words).collect(joining("; "))
                + ")");
  }

  private RowShape given(String field) {
    if (!names.contains(field)) {
      throw fail("no row has the field \"%s\"".formatted(field));
    }
    if (has(field, JsonNode::isTextual)) {
      return new TextField(field);
    }
    if (isTurns(field)) {
      return new TurnList(field);
    }
    throw fail("the field \"%s\" holds no text".formatted(field));
  }

  private AwpException fail(String what) {
    String all = names.isEmpty() ? "none" : String.join(", ", names);
    return new AwpException(
        "%s: %s; --text-field names it, and the fields are: %s".formatted(file, what, all));
  }

  private List<RowShape> named() {
    List<RowShape> found = new ArrayList<>();
    for (String name : names) {
      if (TEXTS.contains(lower(name)) && isText(name)) {
        found.add(new TextField(name));
      } else if (TURNS.contains(lower(name)) && isTurns(name)) {
        found.add(new TurnList(name));
      }
    }
    for (String request : fields(REQUESTS)) {
      for (String answer : fields(ANSWERS)) {
        if ((isText(request) && isText(answer)) || (isTurns(request) && isTurns(answer))) {
          found.add(new RequestAndAnswer(request, fields(MORE), answer, fields(SYSTEM)));
        }
      }
    }
    return found;
  }

  private List<RowShape> onlyOne(Predicate<String> rule) {
    List<String> fitting = names.stream().filter(rule).toList();
    return fitting.size() == 1 ? List.of(new TextField(fitting.getFirst())) : List.of();
  }

  private List<String> fields(Set<String> known) {
    return names.stream().filter(name -> known.contains(lower(name))).toList();
  }

  private boolean has(String name, Predicate<JsonNode> rule) {
    return rows.stream().map(row -> row.path(name)).anyMatch(rule);
  }

  private boolean isText(String name) {
    return has(name, JsonNode::isTextual);
  }

  private boolean isTurns(String name) {
    return has(name, value -> value.isArray() && TurnList.isTurn(value.path(0)));
  }

  private boolean hasWords(String name) {
    return has(name, value -> value.isTextual() && WORDS.matcher(value.textValue()).find());
  }
}
