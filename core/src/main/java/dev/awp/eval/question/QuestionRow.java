// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval.question;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.AwpException;
import dev.awp.eval.question.Question.Choice;
import java.util.ArrayList;
import java.util.List;

/**
 * A row of a file, and where it stands.
 *
 * @param place "questions.jsonl, line 7"
 */
record QuestionRow(String place, JsonNode fields) {
  boolean hasAll(List<String> names) {
    return names.stream().allMatch(fields::hasNonNull);
  }

  /** A text. */
  String text(String field) {
    return text(field, fields.path(field));
  }

  private String text(String field, JsonNode value) {
    if (!value.isTextual()) {
      throw refused(field, value, "is no text");
    }
    return value.textValue();
  }

  /** A list of texts, at least one; of an object's field where the name has a dot. */
  List<String> texts(String field) {
    JsonNode list = fields.at("/" + field.replace('.', '/'));
    if (!list.isArray() || list.isEmpty()) {
      throw refused(field, list, "is no list of texts");
    }
    List<String> texts = new ArrayList<>();
    list.forEach(value -> texts.add(text(field, value)));
    return texts;
  }

  /** An index below a count: a number, or its digits. */
  int index(String field, int first, int count) {
    JsonNode value = fields.path(field);
    int last = first + count - 1;
    String digits = value.isTextual() || value.isIntegralNumber() ? value.asText() : "";
    for (int index = first; index <= last; index++) {
      if (digits.equals(Integer.toString(index))) {
        return index - first;
      }
    }
    throw refused(field, value, "is no number from %s to %s".formatted(first, last));
  }

  /** The index of the only one of some texts that a field's text is equal to. */
  int indexOf(String field, String text, List<String> all) {
    int index = all.indexOf(text);
    if (index < 0 || index != all.lastIndexOf(text)) {
      throw refused(
          field, fields.path(field), index < 0 ? "is none of the choices" : "is several choices");
    }
    return index;
  }

  /** The question of choices behind one context. */
  Question question(String context, List<String> choices, int answer) {
    return new Question(
        place, choices.stream().map(choice -> Choice.spaced(context, choice)).toList(), answer);
  }

  AwpException refused(String field, JsonNode value, String rule) {
    String shown = value.isMissingNode() ? "nothing" : value.toString();
    return new AwpException(
        "%s: %s %s: %s"
            .formatted(
                place, field, rule, shown.length() > 60 ? shown.substring(0, 60) + "..." : shown));
  }
}
