// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.recipe;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A pattern for module names, such as "model.layers.0.self_attn.q_proj".
 *
 * <ul>
 *   <li>A glob: {@code *} stands for any characters, dots too, {@code ?} for one. It matches the
 *       whole name or all of it behind one of its dots, so that {@code q_proj}, {@code mlp.*} and
 *       {@code layers.0.*} say what they seem to say.
 *   <li>Behind {@code re:} a regular expression of Java for the whole name.
 * </ul>
 *
 * @param text as it is written
 */
record NamePattern(String text, Pattern pattern) {
  private static final String REGEX = "re:";

  /** Characters that an expression may look at for one name: far more than a sane one needs. */
  private static final int PATIENCE = 100_000;

  /**
   * Reads a pattern.
   *
   * @throws IllegalArgumentException for an expression that is none
   */
  static NamePattern of(String text) {
    if (text.isEmpty() || text.length() > 1000) {
      throw new IllegalArgumentException("a pattern has 1 to 1000 characters");
    }
    if (!text.startsWith(REGEX)) {
      return new NamePattern(text, Pattern.compile("(?:.*\\.)?" + glob(text)));
    }
    try {
      return new NamePattern(text, Pattern.compile(text.substring(REGEX.length())));
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "'%s' is no regular expression: %s".formatted(text, e.getDescription()), e);
    }
  }

  /** Stars next to each other are one, lest they multiply the ways to match. */
  private static String glob(String text) {
    StringBuilder regex = new StringBuilder();
    for (char c : text.replaceAll("\\*+", "*").toCharArray()) {
      switch (c) {
        case '*' -> regex.append(".*");
        case '?' -> regex.append('.');
        default -> regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    return regex.toString();
  }

  /**
   * Whether a name matches.
   *
   * @throws IllegalArgumentException where that cannot be found out within reason
   */
  boolean matches(String name) {
    try {
      return pattern.matcher(new Watched(name, new int[] {PATIENCE})).matches();
    } catch (StackOverflowError | TooSlow e) {
      throw new IllegalArgumentException(
          "the pattern '%s' takes too long to match %s".formatted(text, name), e);
    }
  }

  /** Thrown inside a match that backtracks without end. */
  private static final class TooSlow extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /** A name that counts how often it is looked at. */
  @SuppressWarnings("ArrayRecordComponent") // a counter that parts of a name share
  private record Watched(String name, int[] left) implements CharSequence {
    @Override
    public int length() {
      return name.length();
    }

    @Override
    public char charAt(int index) {
      if (--left[0] < 0) {
        throw new TooSlow();
      }
      return name.charAt(index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return new Watched(name.substring(start, end), left);
    }

    @Override
    public String toString() {
      return name;
    }
  }
}
