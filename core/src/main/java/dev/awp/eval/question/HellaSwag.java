// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval.question;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** HellaSwag, with the text as lm-eval cleans it. */
final class HellaSwag implements QuestionShape {
  private static final Pattern BRACKETS = Pattern.compile("\\[[^\\n]*?\\]");

  @Override
  public String name() {
    return "HellaSwag";
  }

  @Override
  public List<String> fields() {
    return List.of("activity_label", "ctx_a", "ctx_b", "endings", "label");
  }

  @Override
  public Question read(QuestionRow row) {
    String context =
        "%s: %s %s"
            .formatted(
                row.text("activity_label"), row.text("ctx_a"), capitalized(row.text("ctx_b")));
    List<String> endings = row.texts("endings").stream().map(HellaSwag::cleaned).toList();
    return row.question(cleaned(context), endings, row.index("label", 0, endings.size()));
  }

  /** Marks of the pages that a part of the data comes from are left out. */
  private static String cleaned(String text) {
    String titled = text.strip().replace(" [title]", ". ");
    return BRACKETS.matcher(titled).replaceAll("").replace("  ", " ");
  }

  private static String capitalized(String text) {
    int first = text.isEmpty() ? 0 : text.offsetByCodePoints(0, 1);
    return text.isEmpty()
        ? text
        : Character.toString(Character.toTitleCase(text.codePointAt(0)))
            + text.substring(first).toLowerCase(Locale.ROOT);
  }
}
