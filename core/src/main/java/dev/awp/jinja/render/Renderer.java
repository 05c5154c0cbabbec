// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.render;

import dev.awp.jinja.function.Sequences;
import dev.awp.jinja.syntax.Expression.FilterCall;
import dev.awp.jinja.syntax.Statement;
import dev.awp.jinja.syntax.Statement.Branch;
import dev.awp.jinja.syntax.Statement.Target;
import dev.awp.jinja.value.Callable;
import dev.awp.jinja.value.JinjaException;
import dev.awp.jinja.value.Namespace;
import dev.awp.jinja.value.Printed;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;
import java.util.ArrayList;
import java.util.List;

/** Carries out statements. */
final class Renderer {
  /** How a body was left. */
  private enum Flow {
    ON,
    BREAK,
    CONTINUE
  }

  private final Work work;
  private final Evaluator evaluator;
  private StringBuilder out = new StringBuilder();

  Renderer(Work work) {
    this.work = work;
    this.evaluator = new Evaluator(work);
  }

  Evaluator evaluator() {
    return evaluator;
  }

  /** What statements print. */
  String render(List<Statement> statements, Scope scope) {
    return captured(() -> run(statements, scope));
  }

  private String captured(Runnable printing) {
    StringBuilder before = out;
    out = new StringBuilder();
    printing.run();
    String printed = out.toString();
    out = before;
    return printed;
  }

  private Flow run(List<Statement> statements, Scope scope) {
    work.enter();
    Flow flow = Flow.ON;
    for (Statement statement : statements) {
      work.step();
      flow = run(statement, scope);
      if (flow != Flow.ON) {
        break;
      }
    }
    work.leave();
    return flow;
  }

  private Flow run(Statement statement, Scope scope) {
    switch (statement) {
      case Statement.Data(String text) -> print(text);
      case Statement.Output output -> {
        Value value = evaluator.evaluate(output.value(), scope);
        work.at(output.line());
        print(Printed.of(value, work));
      }
      case Statement.If condition -> {
        return condition(condition, scope);
      }
      case Statement.For loop -> repeat(loop, evaluator.evaluate(loop.items(), scope), scope, 1);
      case Statement.Assign assign -> {
        Value value = evaluator.evaluate(assign.value(), scope);
        work.at(assign.line());
        assign(assign.target(), value, scope);
      }
      case Statement.AssignBlock block -> {
        String text = render(block.body(), scope.inner());
        assign(block.target(), filtered(text, block.filters(), scope), scope);
      }
      case Statement.MacroBlock macro ->
          scope.set(macro.macro().name(), new Macro(this, macro.macro(), scope));
      case Statement.CallBlock call -> {
        Macro caller = new Macro(this, call.caller(), scope);
        Value result = evaluator.call(call.call(), caller, scope);
        print(Printed.of(result, work));
      }
      case Statement.FilterBlock block ->
          print(
              Printed.of(
                  filtered(render(block.body(), scope.inner()), block.filters(), scope), work));
      case Statement.With with -> {
        return with(with, scope);
      }
      case Statement.Generation generation -> print(render(generation.body(), scope.inner()));
      case Statement.Jump(boolean leaves) -> {
        return leaves ? Flow.BREAK : Flow.CONTINUE;
      }
    }
    return Flow.ON;
  }

  private void print(String text) {
    work.grow(out.length(), text.length());
    out.append(text);
  }

  private Flow condition(Statement.If condition, Scope scope) {
    for (Branch branch : condition.branches()) {
      if (evaluator.evaluate(branch.test(), scope).truth()) {
        return run(branch.body(), scope);
      }
    }
    return run(condition.otherwise(), scope);
  }

  private void repeat(Statement.For loop, Value source, Scope scope, int depth) {
    work.at(loop.line());
    work.enter();
    Callable recursion =
        (arguments, _) -> {
          if (!loop.recursive()) {
            throw new JinjaException("The loop must have the 'recursive' marker to be called.");
          }
          Value inner = arguments.bind("loop", 1, "iterable").get(0).orElseThrow();
          return Value.of(captured(() -> repeat(loop, inner, scope, depth + 1)));
        };
    LoopState state =
        new LoopState(
            Sequences.items(source, work), item -> passes(loop, item, scope), recursion, depth);
    boolean any = false;
    while (state.hasNext()) {
      any = true;
      Scope inner = scope.inner();
      assign(loop.target(), state.next(), inner);
      inner.set("loop", state);
      if (run(loop.body(), inner) == Flow.BREAK) {
        break;
      }
    }
    if (!any) {
      run(loop.otherwise(), scope.inner());
    }
    work.leave();
  }

  private boolean passes(Statement.For loop, Value item, Scope scope) {
    if (loop.test().isEmpty()) {
      return true;
    }
    Scope inner = scope.inner();
    assign(loop.target(), item, inner);
    return evaluator.evaluate(loop.test().get(), inner).truth();
  }

  private Flow with(Statement.With with, Scope scope) {
    List<Value> values = new ArrayList<>();
    with.values().forEach(value -> values.add(evaluator.evaluate(value, scope)));
    Scope inner = scope.inner();
    for (int i = 0; i < values.size(); i++) {
      assign(with.targets().get(i), values.get(i), inner);
    }
    return run(with.body(), inner);
  }

  private Value filtered(String text, List<FilterCall> filters, Scope scope) {
    Value value = Value.of(text);
    for (FilterCall filter : filters) {
      value = evaluator.filter(value, filter, scope);
    }
    return value;
  }

  /** Gives a value to a variable, to several, or to an attribute of a namespace. */
  void assign(Target target, Value value, Scope scope) {
    switch (target) {
      case Target.Variable(String name) -> scope.set(name, value);
      case Target.Several(List<Target> targets) -> {
        List<Value> items = Sequences.items(value, work);
        if (items.size() != targets.size()) {
          throw new JinjaException(
              "%s values for %s names".formatted(items.size(), targets.size()));
        }
        for (int i = 0; i < items.size(); i++) {
          assign(targets.get(i), items.get(i), scope);
        }
      }
      case Target.Member(String namespace, String name) -> {
        if (!(scope.get(namespace) instanceof Namespace space)) {
          throw new JinjaException("cannot assign attribute on non-namespace object");
        }
        space.set(name, value);
      }
    }
  }
}
