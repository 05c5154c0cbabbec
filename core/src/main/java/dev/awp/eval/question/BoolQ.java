// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval.question;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** BoolQ: no or yes; the answer as a label, or as "answer": true. */
final class BoolQ implements QuestionShape {
  @Override
  public String name() {
    return "BoolQ";
  }

  @Override
  public List<String> fields() {
    return List.of("passage", "question");
  }

  @Override
  public Question read(QuestionRow row) {
    JsonNode answer = row.fields().path("answer");
    int label = answer.asBoolean() ? 1 : 0;
    int index = answer.isBoolean() ? label : row.index("label", 0, 2);
    String context =
        "%s\nQuestion: %s?\nAnswer:".formatted(row.text("passage"), row.text("question"));
    return row.question(context, List.of("no", "yes"), index);
  }
}
