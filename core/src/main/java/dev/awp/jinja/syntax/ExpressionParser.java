// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.syntax;

import dev.awp.jinja.syntax.Expression.Binary;
import dev.awp.jinja.syntax.Expression.Compared;
import dev.awp.jinja.syntax.Expression.Conditional;
import dev.awp.jinja.syntax.Expression.Joined;
import dev.awp.jinja.syntax.Expression.Logic;
import dev.awp.jinja.syntax.Expression.Not;
import dev.awp.jinja.syntax.Expression.Operand;
import dev.awp.jinja.syntax.Expression.Signed;
import dev.awp.jinja.syntax.Expression.Tuple;
import dev.awp.jinja.syntax.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Parses expressions, from the weakest operator to the strongest. */
final class ExpressionParser {
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
  private static final Set<String> PRODUCTS = Set.of("*", "/", "//", "%");

  private final Tokens tokens;
  private final PostfixParser postfix;

  ExpressionParser(Tokens tokens) {
    this.tokens = tokens;
    this.postfix = new PostfixParser(tokens, this);
  }

  PostfixParser postfix() {
    return postfix;
  }

  /** An expression. */
  Expression expression() {
    return conditional();
  }

  /** An expression in which "if" ends it. */
  Expression withoutCondition() {
    tokens.enter();
    Expression parsed = or();
    tokens.leave();
    return parsed;
  }

  private Expression conditional() {
    tokens.enter();
    Expression value = or();
    while (tokens.skipName("if")) {
      Expression test = or();
      Optional<Expression> otherwise =
          tokens.skipName("else") ? Optional.of(conditional()) : Optional.empty();
      value = new Conditional(test, value, otherwise);
    }
    tokens.leave();
    return value;
  }

  private Expression or() {
    Expression left = and();
    while (tokens.skipName("or")) {
      left = new Logic(false, left, and());
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (tokens.skipName("and")) {
      left = new Logic(true, left, not());
    }
    return left;
  }

  private Expression not() {
    if (!tokens.skipName("not")) {
      return comparison();
    }
    tokens.enter();
    Expression operand = not();
    tokens.leave();
    return new Not(operand);
  }

  private Expression comparison() {
    int line = tokens.current().line();
    Expression first = sum();
    List<Operand> operands = new ArrayList<>();
    while (true) {
      Token token = tokens.current();
      if (token.is(Kind.OPERATOR) && COMPARISONS.contains(token.text())) {
        tokens.next();
        operands.add(new Operand(token.text(), sum()));
      } else if (tokens.skipName("in")) {
        operands.add(new Operand("in", sum()));
      } else if (token.isName("not") && tokens.look().isName("in")) {
        tokens.next();
        tokens.next();
        operands.add(new Operand("not in", sum()));
      } else {
        return operands.isEmpty() ? first : new Compared(line, first, operands);
      }
    }
  }

  private Expression sum() {
    Expression left = joined();
    while (tokens.current().isOperator("+") || tokens.current().isOperator("-")) {
      Token operator = tokens.next();
      left = new Binary(operator.line(), operator.text(), left, joined());
    }
    return left;
  }

  private Expression joined() {
    Expression first = product();
    if (!tokens.current().isOperator("~")) {
      return first;
    }
    List<Expression> parts = new ArrayList<>(List.of(first));
    while (tokens.skipOperator("~")) {
      parts.add(product());
    }
    return new Joined(parts);
  }

  private Expression product() {
    Expression left = power();
    while (tokens.current().is(Kind.OPERATOR) && PRODUCTS.contains(tokens.current().text())) {
      Token operator = tokens.next();
      left = new Binary(operator.line(), operator.text(), left, power());
    }
    return left;
  }

  /** From left to right, as in Jinja and unlike in Python. */
  private Expression power() {
    Expression left = signed(true);
    while (tokens.current().isOperator("**")) {
      Token operator = tokens.next();
      left = new Binary(operator.line(), "**", left, signed(true));
    }
    return left;
  }

  private Expression signed(boolean withFilters) {
    Token token = tokens.current();
    Expression parsed;
    if (token.isOperator("-") || token.isOperator("+")) {
      tokens.next();
      tokens.enter();
      parsed = new Signed(token.line(), token.isOperator("-"), signed(false));
      tokens.leave();
      parsed = postfix.postfix(parsed);
    } else {
      parsed = postfix.postfix(postfix.primary());
    }
    return withFilters ? postfix.filters(parsed) : parsed;
  }

  /** An expression, or several with commas between them, which make a tuple. */
  Expression tuple(boolean conditions, String endName, boolean mayBeEmpty) {
    List<Expression> items = new ArrayList<>();
    boolean comma = false;
    while (!endsTuple(endName)) {
      items.add(conditions ? expression() : withoutCondition());
      if (!tokens.skipOperator(",")) {
        break;
      }
      comma = true;
    }
    if (items.size() == 1 && !comma) {
      return items.getFirst();
    }
    if (items.isEmpty() && !mayBeEmpty) {
      throw tokens.fail("expected an expression, found " + tokens.current().shown());
    }
    return new Tuple(items);
  }

  private boolean endsTuple(String endName) {
    Token token = tokens.current();
    return token.is(Kind.VARIABLE_END)
        || token.is(Kind.BLOCK_END)
        || token.isOperator(")")
        || token.isName(endName);
  }
}
