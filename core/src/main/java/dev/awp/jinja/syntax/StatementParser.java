// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.syntax;

import dev.awp.jinja.syntax.Expression.Call;
import dev.awp.jinja.syntax.Expression.FilterCall;
import dev.awp.jinja.syntax.Statement.Branch;
import dev.awp.jinja.syntax.Statement.MacroBody;
import dev.awp.jinja.syntax.Statement.Target;
import dev.awp.jinja.syntax.Token.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Parses statements and the text between them. */
final class StatementParser {
  private final Tokens tokens;
  private final ExpressionParser expressions;
  private int loops;

  StatementParser(Tokens tokens) {
    this.tokens = tokens;
    this.expressions = new ExpressionParser(tokens);
  }

  /** Everything up to a tag of one of the names, which is the current token then. */
  List<Statement> body(String... ends) {
    tokens.enter();
    List<Statement> body = new ArrayList<>();
    while (!tokens.current().is(Kind.END)) {
      Token token = tokens.next();
      switch (token.kind()) {
        case DATA -> body.add(new Statement.Data(token.text()));
        case VARIABLE_BEGIN -> {
          body.add(new Statement.Output(token.line(), expressions.tuple(true, "", false)));
          tokens.expect(Kind.VARIABLE_END);
        }
        default -> {
          if (Arrays.stream(ends).anyMatch(tokens.current()::isName)) {
            tokens.leave();
            return body;
          }
          body.add(statement());
          tokens.expect(Kind.BLOCK_END);
        }
      }
    }
    if (ends.length > 0) {
      throw tokens.fail("the template ends where '%s' is missing".formatted(ends[ends.length - 1]));
    }
    tokens.leave();
    return body;
  }

  /** The rest of a tag, and everything up to a tag of one of the names. */
  private List<Statement> block(String... ends) {
    tokens.skipOperator(":");
    tokens.expect(Kind.BLOCK_END);
    return body(ends);
  }

  /** The same, with the tag that ends it. */
  private List<Statement> closedBlock(String end) {
    List<Statement> body = block(end);
    tokens.next();
    return body;
  }

  private Statement statement() {
    Token name = tokens.expect(Kind.NAME);
    int line = name.line();
    return switch (name.text()) {
      case "if" -> condition();
      case "for" -> loop(line);
      case "set" -> assignment(line);
      case "macro" -> new Statement.MacroBlock(line, macro(tokens.expect(Kind.NAME).text()));
      case "call" -> call(line);
      case "filter" -> new Statement.FilterBlock(filters(), closedBlock("endfilter"));
      case "with" -> with(line);
      case "generation" -> new Statement.Generation(closedBlock("endgeneration"));
      case "break", "continue" -> {
        if (loops == 0) {
          throw new SyntaxException(line, "'%s' outside of a loop".formatted(name.text()));
        }
        yield new Statement.Jump(name.text().equals("break"));
      }
      case "print", "autoescape", "block", "extends", "include", "import", "from" ->
          throw new SyntaxException(
              line, "the tag '%s' of Jinja is not known to awp".formatted(name.text()));
      default -> throw new SyntaxException(line, "unknown tag '%s'".formatted(name.text()));
    };
  }

  private Statement condition() {
    List<Branch> branches = new ArrayList<>();
    while (true) {
      Expression test = expressions.tuple(false, "", false);
      branches.add(new Branch(test, block("elif", "else", "endif")));
      String end = tokens.next().text();
      if (end.equals("endif")) {
        return new Statement.If(branches, List.of());
      }
      if (end.equals("else")) {
        return new Statement.If(branches, closedBlock("endif"));
      }
    }
  }

  private Statement loop(int line) {
    Target target = target("in", false);
    tokens.expectName("in");
    Expression items = expressions.tuple(false, "recursive", false);
    Optional<Expression> test =
        tokens.skipName("if") ? Optional.of(expressions.expression()) : Optional.empty();
    boolean recursive = tokens.skipName("recursive");
    loops++;
    List<Statement> body = block("else", "endfor");
    loops--;
    boolean hasElse = tokens.next().text().equals("else");
    List<Statement> otherwise = hasElse ? closedBlock("endfor") : List.of();
    return new Statement.For(line, target, items, test, recursive, body, otherwise);
  }

  private Target target(String endName, boolean members) {
    List<Target> targets = new ArrayList<>();
    boolean comma = false;
    while (!tokens.current().is(Kind.BLOCK_END)
        && !tokens.current().isOperator("=")
        && !tokens.current().isOperator(")")
        && !tokens.current().isName(endName)) {
      targets.add(oneTarget(members));
      if (!tokens.skipOperator(",")) {
        break;
      }
      comma = true;
    }
    if (targets.isEmpty()) {
      throw tokens.fail("expected a name, found " + tokens.current().shown());
    }
    return comma ? new Target.Several(targets) : targets.getFirst();
  }

  private Target oneTarget(boolean members) {
    if (tokens.skipOperator("(")) {
      tokens.enter();
      Target inner = target("", members);
      tokens.leave();
      tokens.expectOperator(")");
      return inner;
    }
    Token name = tokens.expect(Kind.NAME);
    if (members && tokens.skipOperator(".")) {
      return new Target.Member(name.text(), tokens.expect(Kind.NAME).text());
    }
    if (Set.of("true", "false", "none", "True", "False", "None", "loop").contains(name.text())) {
      throw new SyntaxException(name.line(), "cannot assign to '%s'".formatted(name.text()));
    }
    return new Target.Variable(name.text());
  }

  private Statement assignment(int line) {
    Target target = target("", true);
    if (tokens.skipOperator("=")) {
      return new Statement.Assign(line, target, expressions.tuple(true, "", false));
    }
    List<FilterCall> filters = tokens.skipOperator("|") ? filters() : List.of();
    return new Statement.AssignBlock(line, target, filters, closedBlock("endset"));
  }

  /** One filter or more, with | between them. */
  private List<FilterCall> filters() {
    List<FilterCall> filters = new ArrayList<>(List.of(expressions.postfix().filter()));
    while (tokens.skipOperator("|")) {
      filters.add(expressions.postfix().filter());
    }
    return filters;
  }

  private MacroBody macro(String name) {
    List<String> parameters = new ArrayList<>();
    List<Expression> defaults = new ArrayList<>();
    signature(parameters, defaults);
    return macroBody(name, parameters, defaults, "endmacro");
  }

  private void signature(List<String> parameters, List<Expression> defaults) {
    tokens.expectOperator("(");
    while (!tokens.skipOperator(")")) {
      if (!parameters.isEmpty()) {
        tokens.expectOperator(",");
      }
      parameters.add(tokens.expect(Kind.NAME).text());
      if (tokens.skipOperator("=")) {
        defaults.add(expressions.expression());
      } else if (!defaults.isEmpty()) {
        throw tokens.fail("a parameter without default follows one with a default");
      }
    }
  }

  private MacroBody macroBody(
      String name, List<String> parameters, List<Expression> defaults, String end) {
    int outer = loops;
    loops = 0;
    List<Statement> body = new ArrayList<>();
    Set<String> names = expressions.postfix().collect(() -> body.addAll(closedBlock(end)));
    loops = outer;
    return new MacroBody(name, parameters, defaults, body, names);
  }

  private Statement call(int line) {
    List<String> parameters = new ArrayList<>();
    List<Expression> defaults = new ArrayList<>();
    if (tokens.current().isOperator("(")) {
      signature(parameters, defaults);
    }
    if (!(expressions.expression() instanceof Call call)) {
      throw new SyntaxException(line, "the tag 'call' wants a call");
    }
    return new Statement.CallBlock(
        line, call, macroBody("caller", parameters, defaults, "endcall"));
  }

  private Statement with(int line) {
    List<Target> targets = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!tokens.current().is(Kind.BLOCK_END)) {
      if (!targets.isEmpty()) {
        tokens.expectOperator(",");
      }
      targets.add(oneTarget(false));
      tokens.expectOperator("=");
      values.add(expressions.expression());
    }
    return new Statement.With(line, targets, values, closedBlock("endwith"));
  }
}
