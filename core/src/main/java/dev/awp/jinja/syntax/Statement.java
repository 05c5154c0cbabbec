// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.syntax;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A part of a template that is carried out. */
public sealed interface Statement {
  /** Text as it stands. */
  record Data(String text) implements Statement {}

  /** {{ value }}. */
  record Output(int line, Expression value) implements Statement {}

  /** if, elif, else. */
  record If(List<Branch> branches, List<Statement> otherwise) implements Statement {}

  /** A condition and what it leads to. */
  record Branch(Expression test, List<Statement> body) {}

  /** for target in items if test. */
  record For(
      int line,
      Target target,
      Expression items,
      Optional<Expression> test,
      boolean recursive,
      List<Statement> body,
      List<Statement> otherwise)
      implements Statement {}

  /** set target = value. */
  record Assign(int line, Target target, Expression value) implements Statement {}

  /** set target, with what its body prints. */
  record AssignBlock(
      int line, Target target, List<Expression.FilterCall> filters, List<Statement> body)
      implements Statement {}

  /** macro. */
  record MacroBlock(int line, MacroBody macro) implements Statement {}

  /** call, with a macro of its own for the one that is called. */
  record CallBlock(int line, Expression.Call call, MacroBody caller) implements Statement {}

  /**
   * What a macro is.
   *
   * @param defaults of the last parameters
   * @param names all that its body reads
   */
  record MacroBody(
      String name,
      List<String> parameters,
      List<Expression> defaults,
      List<Statement> body,
      Set<String> names) {}

  /** filter. */
  record FilterBlock(List<Expression.FilterCall> filters, List<Statement> body)
      implements Statement {}

  /** with. */
  record With(int line, List<Target> targets, List<Expression> values, List<Statement> body)
      implements Statement {}

  /** generation: variables that are set within stay within. */
  record Generation(List<Statement> body) implements Statement {}

  /** break or continue. */
  record Jump(boolean leaves) implements Statement {}

  /** What is assigned to. */
  sealed interface Target {
    /** A variable. */
    record Variable(String name) implements Target {}

    /** Several, from the items of a sequence. */
    record Several(List<Target> targets) implements Target {}

    /** An attribute of a namespace. */
    record Member(String namespace, String name) implements Target {}
  }
}
