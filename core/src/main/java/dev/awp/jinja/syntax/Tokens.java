// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.syntax;

import dev.awp.jinja.syntax.Token.Kind;
import java.util.List;

/** The tokens of a template, one after the other, and how deep they are nested. */
final class Tokens {
  private static final int DEEPEST = 100;
  private final List<Token> tokens;
  private int position;
  private int depth;

  Tokens(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token current() {
    return tokens.get(position);
  }

  Token look() {
    return tokens.get(Math.min(position + 1, tokens.size() - 1));
  }

  Token next() {
    Token token = current();
    position = Math.min(position + 1, tokens.size() - 1);
    return token;
  }

  boolean skipName(String name) {
    boolean there = current().isName(name);
    if (there) {
      next();
    }
    return there;
  }

  boolean skipOperator(String operator) {
    boolean there = current().isOperator(operator);
    if (there) {
      next();
    }
    return there;
  }

  Token expect(Kind kind) {
    if (!current().is(kind)) {
      throw fail(
          "expected %s, found %s"
              .formatted(new Token(kind, kind.name(), 0).shown(), current().shown()));
    }
    return next();
  }

  void expectOperator(String operator) {
    if (!skipOperator(operator)) {
      throw fail("expected '%s', found %s".formatted(operator, current().shown()));
    }
  }

  void expectName(String name) {
    if (!skipName(name)) {
      throw fail("expected '%s', found %s".formatted(name, current().shown()));
    }
  }

  SyntaxException fail(String message) {
    return new SyntaxException(current().line(), message);
  }

  /** Goes one level deeper: a template that nests without end is refused, not followed. */
  void enter() {
    depth++;
    if (depth > DEEPEST) {
      throw fail("the template is nested more than %s levels deep".formatted(DEEPEST));
    }
  }

  void leave() {
    depth--;
  }
}
