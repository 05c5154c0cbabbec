// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.syntax;

/** The escapes of a string, as Python reads them. */
final class StringLiteral {
  private final String source;
  private final int line;
  private final StringBuilder out = new StringBuilder();
  private int position;

  private StringLiteral(String source, int line) {
    this.source = source;
    this.line = line;
  }

  /** What stands between the quotes, with escapes replaced. */
  static String text(String source, int line) {
    return source.indexOf('\\') < 0 ? source : new StringLiteral(source, line).read();
  }

  private String read() {
    while (position < source.length()) {
      char c = source.charAt(position++);
      if (c == '\\') {
        escape(source.charAt(position++));
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  private void escape(char c) {
    switch (c) {
      case '\n' -> {}
      case '\\', '\'', '"' -> out.append(c);
      case 'a' -> out.append('\u0007');
      case 'b' -> out.append('\b');
      case 'f' -> out.append('\f');
      case 'n' -> out.append('\n');
      case 'r' -> out.append('\r');
      case 't' -> out.append('\t');
      case 'v' -> out.append('\u000b');
      case 'x' -> digits(2);
      case 'u' -> digits(4);
      case 'U' -> digits(8);
      case '0', '1', '2', '3', '4', '5', '6', '7' -> octal(c);
      case 'N' -> throw new SyntaxException(line, "a character by its name (\\N) is not known");
      default -> {
        if (c > '~') {
          throw new SyntaxException(line, "a backslash before '%s' is not known".formatted(c));
        }
        out.append('\\').append(c);
      }
    }
  }

  private void digits(int count) {
    int code = 0;
    for (int i = 0; i < count; i++) {
      int digit = position < source.length() ? Character.digit(source.charAt(position), 16) : -1;
      if (digit < 0 || source.charAt(position) > 'f') {
        throw new SyntaxException(line, "an escape of a string lacks digits");
      }
      code = code * 16 + digit;
      position++;
    }
    if (!Character.isValidCodePoint(code)) {
      throw new SyntaxException(line, "an escape of a string names no character");
    }
    out.appendCodePoint(code);
  }

  private void octal(char first) {
    int code = first - '0';
    for (int i = 0; i < 2 && position < source.length(); i++) {
      int digit = source.charAt(position) - '0';
      if (digit < 0 || digit > 7) {
        break;
      }
      code = code * 8 + digit;
      position++;
    }
    out.append((char) code);
  }
}
