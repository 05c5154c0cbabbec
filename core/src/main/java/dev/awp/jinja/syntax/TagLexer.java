// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.syntax;

import dev.awp.jinja.syntax.Token.Kind;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cuts the inside of one tag into tokens, up to and with the tag's end. */
final class TagLexer {
  private static final String DIGITS = "(?:\\d+_)*\\d+";
  private static final Pattern FLOAT =
      Pattern.compile("(?<!\\.)D(?:(?:\\.D)?[eE][+-]?D|\\.D)".replace("D", DIGITS));
  private static final Pattern INTEGER =
      Pattern.compile(
          "0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\\da-f])+|[1-9](?:_?\\d)*|0(?:_?0)*",
          Pattern.CASE_INSENSITIVE);

  /** The longer before those that begin like them. */
  private static final List<String> OPERATORS =
      List.of(
          "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{",
          "}", ">", "<", "=", ".", ":", "|", ",", ";");

  private final String source;
  private final boolean variable;
  private final List<Token> tokens;
  private final Deque<Character> open = new ArrayDeque<>();
  private int position;
  private int line;

  TagLexer(String source, int position, int line, boolean variable, List<Token> tokens) {
    this.source = source;
    this.position = position;
    this.line = line;
    this.variable = variable;
    this.tokens = tokens;
  }

  /** Reads the tag; returns where the text after it begins. */
  int read() {
    while (true) {
      space();
      if (position >= source.length()) {
        throw new SyntaxException(line, "the tag has no end");
      }
      if (open.isEmpty()) {
        int end = end();
        if (end >= 0) {
          tokens.add(new Token(variable ? Kind.VARIABLE_END : Kind.BLOCK_END, "", line));
          return end;
        }
      }
      token();
    }
  }

  private void space() {
    int end = Lexer.afterSpace(source, position);
    line += (int) source.substring(position, end).chars().filter(c -> c == '\n').count();
    position = end;
  }

  /** Where the text after the tag begins, when the tag ends here; -1 otherwise. */
  private int end() {
    String close = variable ? "}}" : "%}";
    if (source.startsWith("-" + close, position)) {
      return Lexer.afterSpace(source, position + 3);
    }
    if (!variable && source.startsWith("+" + close, position)) {
      return position + 3;
    }
    if (!source.startsWith(close, position)) {
      return -1;
    }
    boolean breaks = !variable && source.startsWith("\n", position + 2);
    return position + (breaks ? 3 : 2);
  }

  private void token() {
    char c = source.charAt(position);
    if (c == '\'' || c == '"') {
      string(c);
    } else if (c >= '0' && c <= '9' && number(FLOAT, Kind.FLOAT)) {
      return;
    } else if (c >= '0' && c <= '9' && number(INTEGER, Kind.INTEGER)) {
      return;
    } else if (c == '_' || Character.isUnicodeIdentifierStart(source.codePointAt(position))) {
      name();
    } else {
      operator();
    }
  }

  private boolean number(Pattern pattern, Kind kind) {
    Matcher matcher =
        pattern.matcher(source).useTransparentBounds(true).region(position, source.length());
    if (!matcher.lookingAt()) {
      return false;
    }
    add(kind, matcher.group().replace("_", ""), matcher.end());
    return true;
  }

  private void name() {
    int end = position;
    while (end < source.length()
        && Character.isUnicodeIdentifierPart(source.codePointAt(end))
        && !Character.isIdentifierIgnorable(source.codePointAt(end))) {
      end += Character.charCount(source.codePointAt(end));
    }
    add(Kind.NAME, source.substring(position, end), end);
  }

  private void string(char quote) {
    int end = position + 1;
    while (end < source.length() && source.charAt(end) != quote) {
      end += source.charAt(end) == '\\' ? 2 : 1;
    }
    if (end >= source.length()) {
      throw new SyntaxException(line, "the string has no end");
    }
    String text = source.substring(position + 1, end);
    add(Kind.STRING, StringLiteral.text(text, line), end + 1);
  }

  private void operator() {
    String found =
        OPERATORS.stream()
            .filter(operator -> source.startsWith(operator, position))
            .findFirst()
            .orElseThrow(
                () ->
                    new SyntaxException(
                        line,
                        "unexpected character '%s'"
                            .formatted(Character.toString(source.codePointAt(position)))));
    balance(found.charAt(0));
    add(Kind.OPERATOR, found, position + found.length());
  }

  /** Within brackets a tag does not end. */
  private void balance(char c) {
    switch (c) {
      case '(' -> open.push(')');
      case '[' -> open.push(']');
      case '{' -> open.push('}');
      case ')', ']', '}' -> {
        if (open.isEmpty() || open.pop() != c) {
          throw new SyntaxException(line, "unexpected '%s'".formatted(c));
        }
      }
      default -> {}
    }
  }

  private void add(Kind kind, String text, int end) {
    tokens.add(new Token(kind, text, line));
    line += (int) source.substring(position, end).chars().filter(c -> c == '\n').count();
    position = end;
  }
}
