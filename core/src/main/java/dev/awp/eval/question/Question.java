// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval.question;

import java.util.List;

/**
 * A question with some answers to choose from.
 *
 * @param place "questions.jsonl, line 7"
 * @param choices at least one
 * @param answer index of the right one
 */
public record Question(String place, List<Choice> choices, int answer) {
  public Question {
    choices = List.copyOf(choices);
  }

  /**
   * A text, and how it goes on.
   *
   * @param context what stands before
   * @param continuation what is scored, the space before it included
   * @param length characters of the choice without that space, by which its log-likelihood is
   *     divided to be compared with others
   */
  public record Choice(String context, String continuation, int length) {
    /** A choice behind a context, with one space between. */
    static Choice spaced(String context, String choice) {
      return of(context, " ", choice);
    }

    /** A choice behind a context. */
    static Choice of(String context, String between, String choice) {
      return new Choice(context, between + choice, choice.codePointCount(0, choice.length()));
    }
  }
}
