// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.syntax;

/** What is no template, or a part of Jinja that is not known, with its line. */
public final class SyntaxException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final int line;

  SyntaxException(int line, String message) {
    super(message);
    this.line = line;
  }

  /** From 1 on. */
  public int line() {
    return line;
  }
}
