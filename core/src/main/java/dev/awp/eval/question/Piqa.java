// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval.question;

import java.util.List;

/** PIQA. */
final class Piqa implements QuestionShape {
  @Override
  public String name() {
    return "PIQA";
  }

  @Override
  public List<String> fields() {
    return List.of("goal", "sol1", "sol2", "label");
  }

  @Override
  public Question read(QuestionRow row) {
    String context = "Question: %s\nAnswer:".formatted(row.text("goal"));
    return row.question(
        context, List.of(row.text("sol1"), row.text("sol2")), row.index("label", 0, 2));
  }
}
