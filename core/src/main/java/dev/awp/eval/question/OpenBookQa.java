// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval.question;

import java.util.List;

/** OpenBookQA, without its book. */
final class OpenBookQa implements QuestionShape {
  @Override
  public String name() {
    return "OpenBookQA";
  }

  @Override
  public List<String> fields() {
    return List.of("question_stem", "choices", "answerKey");
  }

  @Override
  public Question read(QuestionRow row) {
    return Arc.labelled(row, row.text("question_stem"));
  }
}
