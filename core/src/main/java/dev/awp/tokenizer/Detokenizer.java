// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer;

import java.util.Arrays;

/**
 * Text from tokens as they come. What a token adds depends on those before it (spaces at word
 * starts, characters of several tokens), so each is decoded together with a few of them, and text
 * that ends in the middle of a character waits for the rest.
 */
public final class Detokenizer {
  /** Tokens of context: more than any character has bytes. */
  private static final int CONTEXT = 6;

  /** What the library puts for bytes that are no whole character. */
  private static final String INCOMPLETE = "\uFFFD";

  private final Tokenizer tokenizer;
  private int[] tokens;
  private int told;

  /**
   * Goes on behind a text.
   *
   * @param before its tokens, whose own text is not told
   */
  public Detokenizer(Tokenizer tokenizer, int[] before) {
    this.tokenizer = tokenizer;
    this.tokens = before.clone();
    this.told = before.length;
  }

  /** Takes a token; the text that is now certain, which may be empty. */
  public String add(int token) {
    tokens = Arrays.copyOf(tokens, tokens.length + 1);
    tokens[tokens.length - 1] = token;
    String text = rest();
    if (text.endsWith(INCOMPLETE)) {
      return "";
    }
    told = tokens.length;
    return text;
  }

  /** What is left where no more tokens come: a character that was never completed. */
  public String finish() {
    String text = rest();
    told = tokens.length;
    return text;
  }

  private String rest() {
    int from = Math.max(0, told - CONTEXT);
    String known = tokenizer.decode(Arrays.copyOfRange(tokens, from, told));
    String all = tokenizer.decode(Arrays.copyOfRange(tokens, from, tokens.length));
    return all.startsWith(known) ? all.substring(known.length()) : all;
  }
}
