// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.syntax;

import dev.awp.jinja.syntax.Expression.Attribute;
import dev.awp.jinja.syntax.Expression.Call;
import dev.awp.jinja.syntax.Expression.Constant;
import dev.awp.jinja.syntax.Expression.Entries;
import dev.awp.jinja.syntax.Expression.Entry;
import dev.awp.jinja.syntax.Expression.FilterCall;
import dev.awp.jinja.syntax.Expression.Filtered;
import dev.awp.jinja.syntax.Expression.Given;
import dev.awp.jinja.syntax.Expression.Item;
import dev.awp.jinja.syntax.Expression.Items;
import dev.awp.jinja.syntax.Expression.Name;
import dev.awp.jinja.syntax.Expression.Named;
import dev.awp.jinja.syntax.Expression.Not;
import dev.awp.jinja.syntax.Expression.Slice;
import dev.awp.jinja.syntax.Expression.Tested;
import dev.awp.jinja.syntax.Token.Kind;
import dev.awp.jinja.value.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Parses what stands at the leaves of an expression, and what follows them: calls, filters. */
final class PostfixParser {
  private static final Set<Kind> ARGUMENT_BEGINS =
      Set.of(Kind.NAME, Kind.STRING, Kind.INTEGER, Kind.FLOAT);

  private final Tokens tokens;
  private final ExpressionParser expressions;
  private Set<String> names = new HashSet<>();

  PostfixParser(Tokens tokens, ExpressionParser expressions) {
    this.tokens = tokens;
    this.expressions = expressions;
  }

  /** The names that were read since, for a macro's body. */
  Set<String> collect(Runnable parsing) {
    Set<String> outer = names;
    names = new HashSet<>();
    parsing.run();
    Set<String> collected = Set.copyOf(names);
    outer.addAll(names);
    names = outer;
    return collected;
  }

  Expression primary() {
    Token token = tokens.current();
    return switch (token.kind()) {
      case NAME -> name(tokens.next());
      case STRING -> string();
      case INTEGER -> new Constant(Value.of(whole(tokens.next())));
      case FLOAT -> new Constant(Value.of(Double.parseDouble(tokens.next().text())));
      case OPERATOR -> bracketed(token);
      default -> throw tokens.fail("unexpected " + token.shown());
    };
  }

  private Expression name(Token token) {
    return switch (token.text()) {
      case "true", "True" -> new Constant(Value.of(true));
      case "false", "False" -> new Constant(Value.of(false));
      case "none", "None" -> new Constant(Value.None.NONE);
      default -> {
        names.add(token.text());
        yield new Name(token.line(), token.text());
      }
    };
  }

  private Expression string() {
    StringBuilder text = new StringBuilder();
    while (tokens.current().is(Kind.STRING)) {
      text.append(tokens.next().text());
    }
    return new Constant(Value.of(text.toString()));
  }

  private static long whole(Token token) {
    String text = token.text();
    int radix =
        switch (text.length() > 1 ? text.charAt(1) : ' ') {
          case 'x', 'X' -> 16;
          case 'o', 'O' -> 8;
          case 'b', 'B' -> 2;
          default -> 10;
        };
    try {
      return Long.parseLong(radix == 10 ? text : text.substring(2), radix);
    } catch (NumberFormatException _) {
      throw new SyntaxException(
          token.line(), "the integer %s is out of the range of 64 bits".formatted(text));
    }
  }

  private Expression bracketed(Token token) {
    return switch (token.text()) {
      case "(" -> group();
      case "[" -> list();
      case "{" -> dictionary();
      default -> throw tokens.fail("unexpected " + token.shown());
    };
  }

  private Expression group() {
    tokens.next();
    Expression inner = expressions.tuple(true, "", true);
    tokens.expectOperator(")");
    return inner;
  }

  private Expression list() {
    tokens.next();
    List<Expression> items = new ArrayList<>();
    while (!tokens.skipOperator("]")) {
      comma(!items.isEmpty());
      if (!tokens.current().isOperator("]")) {
        items.add(expressions.expression());
      }
    }
    return new Items(items);
  }

  private Expression dictionary() {
    int line = tokens.next().line();
    List<Entry> entries = new ArrayList<>();
    while (!tokens.skipOperator("}")) {
      comma(!entries.isEmpty());
      if (!tokens.current().isOperator("}")) {
        Expression key = expressions.expression();
        tokens.expectOperator(":");
        entries.add(new Entry(key, expressions.expression()));
      }
    }
    return new Entries(line, entries);
  }

  private void comma(boolean wanted) {
    if (wanted) {
      tokens.expectOperator(",");
    }
  }

  /** Attributes, items and calls after an expression. */
  Expression postfix(Expression target) {
    Expression parsed = target;
    while (true) {
      Token token = tokens.current();
      if (token.isOperator(".")) {
        parsed = attribute(parsed);
      } else if (token.isOperator("[")) {
        parsed = item(parsed);
      } else if (token.isOperator("(")) {
        parsed = new Call(token.line(), parsed, given());
      } else {
        return parsed;
      }
    }
  }

  private Expression attribute(Expression target) {
    int line = tokens.next().line();
    Token name = tokens.next();
    return switch (name.kind()) {
      case NAME -> new Attribute(line, target, name.text());
      case INTEGER -> new Item(line, target, new Constant(Value.of(whole(name))));
      default ->
          throw new SyntaxException(
              line, "expected a name or a number after '.', found " + name.shown());
    };
  }

  private Expression item(Expression target) {
    int line = tokens.next().line();
    Optional<Expression> from = bound();
    if (!tokens.skipOperator(":")) {
      if (from.isEmpty()) {
        throw tokens.fail("expected an index, found " + tokens.current().shown());
      }
      if (!tokens.skipOperator("]")) {
        throw tokens.fail("expected ']', found " + tokens.current().shown());
      }
      return new Item(line, target, from.get());
    }
    Optional<Expression> to = bound();
    Optional<Expression> step = tokens.skipOperator(":") ? bound() : Optional.empty();
    tokens.expectOperator("]");
    return new Slice(line, target, from, to, step);
  }

  private Optional<Expression> bound() {
    Token token = tokens.current();
    return token.isOperator(":") || token.isOperator("]")
        ? Optional.empty()
        : Optional.of(expressions.expression());
  }

  /** Filters, tests and calls of their results. */
  Expression filters(Expression target) {
    Expression parsed = target;
    while (true) {
      Token token = tokens.current();
      if (token.isOperator("|")) {
        tokens.next();
        parsed = new Filtered(parsed, filter());
      } else if (token.isName("is")) {
        parsed = test(parsed);
      } else if (token.isOperator("(")) {
        parsed = new Call(token.line(), parsed, given());
      } else {
        return parsed;
      }
    }
  }

  /** A filter's name and arguments. */
  FilterCall filter() {
    int line = tokens.current().line();
    String name = dotted();
    return new FilterCall(line, name, tokens.current().isOperator("(") ? given() : Given.NOTHING);
  }

  private String dotted() {
    StringBuilder name = new StringBuilder(tokens.expect(Kind.NAME).text());
    while (tokens.skipOperator(".")) {
      name.append('.').append(tokens.expect(Kind.NAME).text());
    }
    return name.toString();
  }

  private Expression test(Expression target) {
    int line = tokens.next().line();
    boolean negated = tokens.skipName("not");
    String name = dotted();
    Given given = Given.NOTHING;
    Token token = tokens.current();
    if (token.isOperator("(")) {
      given = given();
    } else if (beginsArgument(token)) {
      if (token.isName("is")) {
        throw tokens.fail("tests cannot be chained with 'is'");
      }
      Expression argument = postfix(primary());
      given = new Given(List.of(argument), List.of(), Optional.empty(), Optional.empty());
    }
    Expression tested = new Tested(line, target, name, given);
    return negated ? new Not(tested) : tested;
  }

  private static boolean beginsArgument(Token token) {
    boolean word = token.isName("else") || token.isName("or") || token.isName("and");
    return (ARGUMENT_BEGINS.contains(token.kind()) && !word)
        || token.isOperator("[")
        || token.isOperator("{");
  }

  /** The arguments of a call, with their brackets. */
  Given given() {
    tokens.expectOperator("(");
    List<Expression> positional = new ArrayList<>();
    List<Named> named = new ArrayList<>();
    Optional<Expression> sequence = Optional.empty();
    Optional<Expression> dictionary = Optional.empty();
    boolean first = true;
    while (!tokens.skipOperator(")")) {
      comma(!first);
      first = false;
      if (tokens.current().isOperator(")")) {
        continue;
      }
      if (dictionary.isPresent()) {
        throw tokens.fail("nothing may follow ** in a call");
      }
      if (tokens.current().isOperator("*") && sequence.isEmpty()) {
        tokens.next();
        sequence = Optional.of(expressions.expression());
      } else if (tokens.skipOperator("**")) {
        dictionary = Optional.of(expressions.expression());
      } else if (tokens.current().is(Kind.NAME) && tokens.look().isOperator("=")) {
        String name = tokens.next().text();
        tokens.next();
        named.add(new Named(name, expressions.expression()));
      } else if (named.isEmpty() && sequence.isEmpty()) {
        positional.add(expressions.expression());
      } else {
        throw tokens.fail("an argument by position follows one by name");
      }
    }
    return new Given(positional, named, sequence, dictionary);
  }
}
