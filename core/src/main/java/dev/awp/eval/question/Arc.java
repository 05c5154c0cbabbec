// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval.question;

import java.util.List;

/** ARC, easy and challenge. */
final class Arc implements QuestionShape {
  @Override
  public String name() {
    return "ARC";
  }

  @Override
  public List<String> fields() {
    return List.of("question", "choices", "answerKey");
  }

  @Override
  public Question read(QuestionRow row) {
    return labelled(row, "Question: %s\nAnswer:".formatted(row.text("question")));
  }

  /** The question of choices that have labels, one of which is the answer's. */
  static Question labelled(QuestionRow row, String context) {
    String answer = row.text("answerKey").strip();
    int index = row.indexOf("answerKey", answer, row.texts("choices.label"));
    List<String> choices = row.texts("choices.text");
    if (index >= choices.size()) {
      throw row.refused("choices", row.fields().path("choices"), "have more labels than texts");
    }
    return row.question(context, choices, index);
  }
}
