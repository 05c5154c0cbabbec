// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.syntax;

import dev.awp.jinja.value.Value;
import java.util.List;
import java.util.Optional;

/** What has a value. */
public sealed interface Expression {
  /** A literal. */
  record Constant(Value value) implements Expression {}

  /** A variable. */
  record Name(int line, String name) implements Expression {}

  /** A list. */
  record Items(List<Expression> items) implements Expression {}

  /** A tuple. */
  record Tuple(List<Expression> items) implements Expression {}

  /** A dictionary. */
  record Entries(int line, List<Entry> entries) implements Expression {}

  /** A key and its value. */
  record Entry(Expression key, Expression value) {}

  /** target.name. */
  record Attribute(int line, Expression target, String name) implements Expression {}

  /** target[index]. */
  record Item(int line, Expression target, Expression index) implements Expression {}

  /** target[from:to:step]. */
  record Slice(
      int line,
      Expression target,
      Optional<Expression> from,
      Optional<Expression> to,
      Optional<Expression> step)
      implements Expression {}

  /** target(arguments). */
  record Call(int line, Expression target, Given given) implements Expression {}

  /** What is given to a call: by position, by name, from a sequence, from a dictionary. */
  record Given(
      List<Expression> positional,
      List<Named> named,
      Optional<Expression> sequence,
      Optional<Expression> dictionary) {
    static final Given NOTHING =
        new Given(List.of(), List.of(), Optional.empty(), Optional.empty());
  }

  /** An argument by name. */
  record Named(String name, Expression value) {}

  /** target | filter. */
  record Filtered(Expression target, FilterCall filter) implements Expression {}

  /** A filter with its arguments. */
  record FilterCall(int line, String name, Given given) {}

  /** target is test. */
  record Tested(int line, Expression target, String name, Given given) implements Expression {}

  /** not operand. */
  record Not(Expression operand) implements Expression {}

  /** -operand or +operand. */
  record Signed(int line, boolean minus, Expression operand) implements Expression {}

  /** left operator right, of the operators of arithmetic. */
  record Binary(int line, String operator, Expression left, Expression right)
      implements Expression {}

  /** left and right, left or right. */
  record Logic(boolean and, Expression left, Expression right) implements Expression {}

  /** Texts put together by ~. */
  record Joined(List<Expression> parts) implements Expression {}

  /** A chain of comparisons, each between neighbours. */
  record Compared(int line, Expression first, List<Operand> operands) implements Expression {}

  /** One link of a chain: ==, !=, and so on, in, not in. */
  record Operand(String operator, Expression value) {}

  /** value if test else otherwise. */
  record Conditional(Expression test, Expression value, Optional<Expression> otherwise)
      implements Expression {}
}
