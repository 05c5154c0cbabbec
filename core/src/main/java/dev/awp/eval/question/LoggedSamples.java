// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval.question;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.eval.question.Question.Choice;
import java.util.ArrayList;
import java.util.List;

/**
 * What lm-eval writes with {@code --log_samples}: for each question the texts that it gave to the
 * model, few-shot examples included. Choices are the continuations without their first space.
 */
final class LoggedSamples implements QuestionShape {
  private static final String ARGUMENTS = "arguments";
  private static final String TARGET = "target";

  @Override
  public String name() {
    return "lm-eval's samples";
  }

  @Override
  public List<String> fields() {
    return List.of("doc_id", ARGUMENTS, TARGET);
  }

  @Override
  public Question read(QuestionRow row) {
    List<Choice> choices = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    JsonNode arguments = row.fields().path(ARGUMENTS);
    for (JsonNode request : arguments) {
      JsonNode context = request.path("arg_0");
      JsonNode continuation = request.path("arg_1");
      if (!context.isTextual() || context.textValue().isEmpty() || !continuation.isTextual()) {
        throw row.refused(ARGUMENTS, arguments, "are no contexts with continuations");
      }
      String text = continuation.textValue();
      String between = text.startsWith(" ") ? " " : "";
      texts.add(text.substring(between.length()));
      choices.add(Choice.of(context.textValue(), between, texts.getLast()));
    }
    if (choices.isEmpty()) {
      throw row.refused(ARGUMENTS, arguments, "are none");
    }
    JsonNode target = row.fields().path(TARGET);
    boolean byText = target.isTextual() && texts.contains(target.textValue());
    int answer =
        byText
            ? row.indexOf(TARGET, target.textValue(), texts)
            : row.index(TARGET, 0, choices.size());
    return new Question(row.place(), choices, answer);
  }
}
