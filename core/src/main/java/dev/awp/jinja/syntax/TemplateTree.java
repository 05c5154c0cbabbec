// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.syntax;

import java.util.List;

/** A template that was read: what is carried out, in order. */
public record TemplateTree(List<Statement> statements) {
  /**
   * Reads a template.
   *
   * @throws SyntaxException where it is none, is nested too deeply, or uses what is not known
   */
  public static TemplateTree of(String template) {
    return new TemplateTree(new StatementParser(new Tokens(Lexer.tokens(template))).body());
  }
}
