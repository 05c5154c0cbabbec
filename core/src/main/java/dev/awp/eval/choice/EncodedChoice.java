// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval.choice;

import dev.awp.AwpException;
import dev.awp.eval.question.Question;
import dev.awp.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.stream.IntStream;

/** A choice as tokens: a context, and behind it the continuation that is scored. */
final class EncodedChoice {
  private final int[] tokens;
  private final int from;
  private final boolean cut;

  /**
   * Tokens of a context and a continuation.
   *
   * @param from index of the continuation's first token, at least 1
   * @param cut whether tokens of the context were left out
   */
  EncodedChoice(int[] tokens, int from, boolean cut) {
    this.tokens = tokens;
    this.from = from;
    this.cut = cut;
  }

  /**
   * Encodes as lm-eval does: white space at the context's end belongs to the continuation; the
   * whole is encoded, and what is behind as many tokens as the context by itself has is the
   * continuation; where there are more tokens than positions, the first are left out.
   *
   * @param begin what is put before a text, unless it begins so itself
   * @param positions of the model
   * @throws AwpException where the choice is empty, or the continuation has no token, nothing
   *     before it, or more tokens than there are positions
   */
  static EncodedChoice of(
      Question.Choice choice, String place, Tokenizer tokenizer, int[] begin, int positions) {
    String context = withoutSpaceAtEnd(choice.context());
    String whole = choice.context() + choice.continuation();
    int[] before = tokenizer.encodeInner(context);
    int[] all = tokenizer.encodeInner(whole);
    boolean begins = Arrays.equals(begin, Arrays.copyOf(all, Math.min(begin.length, all.length)));
    int[] first = begins ? new int[0] : begin;
    int from = first.length + before.length;
    int[] tokens = IntStream.concat(Arrays.stream(first), Arrays.stream(all)).toArray();
    int scored = tokens.length - from;
    String fault =
        choice.length() == 0
            ? "is empty"
            : scored <= 0
                ? "adds no token to its context"
                : from == 0
                    ? "has nothing before it, and the tokenizer puts no token before a text"
                    : "has %s tokens, and the model %s positions".formatted(scored, positions);
    if (choice.length() == 0 || scored <= 0 || from == 0 || scored > positions) {
      throw new AwpException(
          "%s: the choice '%s' %s".formatted(place, choice.continuation().strip(), fault));
    }
    // The last token is predicted, and needs no position.
    int left = Math.max(0, tokens.length - 1 - positions);
    return new EncodedChoice(
        Arrays.copyOfRange(tokens, left, tokens.length), from - left, left > 0);
  }

  /** What Python's rstrip leaves. */
  private static String withoutSpaceAtEnd(String text) {
    int end = text.length();
    while (end > 0 && isSpace(text.codePointBefore(end))) {
      end -= Character.charCount(text.codePointBefore(end));
    }
    return text.substring(0, end);
  }

  private static boolean isSpace(int character) {
    return Character.isWhitespace(character)
        || Character.isSpaceChar(character)
        || character == 0x85;
  }

  /** Tokens that the model reads: all but the last. */
  int length() {
    return tokens.length - 1;
  }

  /** Those tokens, and the last of them again up to a length. */
  int[] padded(int to) {
    int[] padded = Arrays.copyOf(tokens, to);
    Arrays.fill(padded, length(), to, tokens[length() - 1]);
    return padded;
  }

  /** Index of the token whose row predicts the continuation's first. */
  int firstRow() {
    return from - 1;
  }

  /** Tokens of the continuation. */
  int scored() {
    return tokens.length - from;
  }

  int target(int place) {
    return tokens[from + place];
  }

  boolean isCut() {
    return cut;
  }
}
