// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval.question;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.eval.question.Question.Choice;
import java.util.List;

/**
 * awp's own form: {@code {"context": "...", "choices": ["...", ...], "answer": 0}}, the answer by
 * its index from 0 or by its text. A space is put between context and choice where neither has
 * white space there.
 */
final class PlainQuestions implements QuestionShape {
  @Override
  public String name() {
    return "context, choices, answer";
  }

  @Override
  public List<String> fields() {
    return List.of("context", "choices", "answer");
  }

  @Override
  public Question read(QuestionRow row) {
    String context = row.text("context");
    List<String> choices = row.texts("choices");
    JsonNode answer = row.fields().path("answer");
    int index =
        answer.isTextual()
            ? row.indexOf("answer", answer.textValue(), choices)
            : row.index("answer", 0, choices.size());
    return new Question(
        row.place(),
        choices.stream()
            .map(choice -> Choice.of(context, between(context, choice), choice))
            .toList(),
        index);
  }

  private static String between(String context, String choice) {
    boolean apart =
        context.isEmpty()
            || Character.isWhitespace(context.codePointBefore(context.length()))
            || choice.codePoints().limit(1).anyMatch(Character::isWhitespace);
    return apart ? "" : " ";
  }
}
