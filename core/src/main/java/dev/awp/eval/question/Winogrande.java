// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval.question;

import dev.awp.eval.question.Question.Choice;
import java.util.List;

/**
 * Winogrande: an option is put in the place of the "_", and what follows it is scored, so that all
 * choices have one length.
 */
final class Winogrande implements QuestionShape {
  @Override
  public String name() {
    return "Winogrande";
  }

  @Override
  public List<String> fields() {
    return List.of("sentence", "option1", "option2", "answer");
  }

  @Override
  public Question read(QuestionRow row) {
    String sentence = row.text("sentence");
    int gap = sentence.indexOf('_');
    if (gap < 0) {
      throw row.refused("sentence", row.fields().path("sentence"), "has no _");
    }
    String before = sentence.substring(0, gap);
    String behind = sentence.substring(gap + 1).strip();
    return new Question(
        row.place(),
        List.of(
            Choice.spaced(before + row.text("option1"), behind),
            Choice.spaced(before + row.text("option2"), behind)),
        row.index("answer", 1, 2));
  }
}
