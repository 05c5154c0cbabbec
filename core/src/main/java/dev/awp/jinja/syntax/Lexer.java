// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.syntax;

import dev.awp.jinja.syntax.Token.Kind;
import dev.awp.jinja.value.Spaces;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a template into tokens. White space around tags goes as under trim_blocks and lstrip_blocks:
 * the line break after a block or a comment, and what indents one.
 */
final class Lexer {
  private static final String SPACE = "[\\s\\x1c-\\x1f]*";
  private static final Pattern RAW = pattern("\\{%([-+]?)S*rawS*(-%\\}S*|%\\})");
  private static final Pattern END_RAW = pattern("\\{%([-+]?)S*endrawS*(\\+%\\}|-%\\}S*|%\\}\\n?)");

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int position;
  private int line = 1;

  private Lexer(String source) {
    this.source = source;
  }

  private static Pattern pattern(String form) {
    return Pattern.compile(form.replace("S*", SPACE), Pattern.UNICODE_CHARACTER_CLASS);
  }

  /** The tokens of a template; the last is {@link Kind#END}. */
  static List<Token> tokens(String template) {
    String source = template.replace("\r\n", "\n").replace('\r', '\n');
    Lexer lexer =
        new Lexer(source.endsWith("\n") ? source.substring(0, source.length() - 1) : source);
    lexer.read();
    return lexer.tokens;
  }

  private void read() {
    while (position < source.length()) {
      int begin = nextTag();
      if (begin < 0) {
        data(source.length(), source.substring(position));
        break;
      }
      Matcher raw = RAW.matcher(source).region(begin, source.length());
      if (raw.lookingAt()) {
        data(begin, stripped(begin, raw.group(1), true));
        advance(raw.end());
        raw();
        continue;
      }
      boolean variable = source.charAt(begin + 1) == '{';
      String sign = sign(begin + 2);
      data(begin, stripped(begin, sign, !variable));
      if (source.charAt(begin + 1) == '#') {
        comment(begin + 2 + sign.length());
      } else {
        tokens.add(new Token(variable ? Kind.VARIABLE_BEGIN : Kind.BLOCK_BEGIN, "", line));
        TagLexer tag = new TagLexer(source, begin + 2 + sign.length(), line, variable, tokens);
        advance(tag.read());
      }
    }
    tokens.add(new Token(Kind.END, "", line));
  }

  private int nextTag() {
    for (int at = source.indexOf('{', position); at >= 0; at = source.indexOf('{', at + 1)) {
      if (at + 1 < source.length() && "{%#".indexOf(source.charAt(at + 1)) >= 0) {
        return at;
      }
    }
    return -1;
  }

  /** A minus or plus that belongs to the tag's begin. */
  private String sign(int at) {
    boolean there = at < source.length() && "+-".indexOf(source.charAt(at)) >= 0;
    return there ? source.substring(at, at + 1) : "";
  }

  /** The text up to a tag, without the white space that the tag takes away. */
  private String stripped(int end, String sign, boolean block) {
    String text = source.substring(position, end);
    if (sign.equals("-")) {
      return Spaces.strip(text, false, true);
    }
    if (block && sign.isEmpty()) {
      int lineBegin = text.lastIndexOf('\n') + 1;
      boolean begins = lineBegin > 0 || position == 0 || source.charAt(position - 1) == '\n';
      if (begins && Spaces.only(text.substring(lineBegin))) {
        return text.substring(0, lineBegin);
      }
    }
    return text;
  }

  private void data(int end, String text) {
    if (!text.isEmpty()) {
      tokens.add(new Token(Kind.DATA, text, line));
    }
    advance(end);
  }

  private void advance(int to) {
    for (int i = position; i < to; i++) {
      line += source.charAt(i) == '\n' ? 1 : 0;
    }
    position = to;
  }

  private void comment(int from) {
    int end = source.indexOf("#}", from);
    if (end < 0) {
      throw new SyntaxException(line, "the comment has no end");
    }
    char last = end > from ? source.charAt(end - 1) : ' ';
    int next = end + 2;
    if (last == '-') {
      next = afterSpace(source, next);
    } else if (last != '+' && next < source.length() && source.charAt(next) == '\n') {
      next++;
    }
    advance(next);
  }

  static int afterSpace(String source, int at) {
    int end = at;
    while (end < source.length() && Spaces.is(source.charAt(end))) {
      end++;
    }
    return end;
  }

  private void raw() {
    for (int at = source.indexOf("{%", position); at >= 0; at = source.indexOf("{%", at + 1)) {
      Matcher end = END_RAW.matcher(source).region(at, source.length());
      if (end.lookingAt()) {
        data(at, stripped(at, end.group(1), true));
        advance(end.end());
        return;
      }
    }
    throw new SyntaxException(line, "the raw block has no end");
  }
}
