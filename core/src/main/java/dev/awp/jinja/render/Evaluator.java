// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.render;

import dev.awp.jinja.function.Arithmetic;
import dev.awp.jinja.function.Attributes;
import dev.awp.jinja.function.Calls;
import dev.awp.jinja.function.Filters;
import dev.awp.jinja.function.Sequences;
import dev.awp.jinja.function.Tests;
import dev.awp.jinja.syntax.Expression;
import dev.awp.jinja.syntax.Expression.Entry;
import dev.awp.jinja.syntax.Expression.FilterCall;
import dev.awp.jinja.syntax.Expression.Given;
import dev.awp.jinja.syntax.Expression.Named;
import dev.awp.jinja.syntax.Expression.Operand;
import dev.awp.jinja.value.Arguments;
import dev.awp.jinja.value.Dict;
import dev.awp.jinja.value.JinjaException;
import dev.awp.jinja.value.Printed;
import dev.awp.jinja.value.Seq;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/** Computes expressions. */
final class Evaluator {
  private final Work work;

  Evaluator(Work work) {
    this.work = work;
  }

  Value evaluate(Expression expression, Scope scope) {
    work.step();
    work.enter();
    Value value = value(expression, scope);
    work.leave();
    return value;
  }

  private Value value(Expression expression, Scope scope) {
    return switch (expression) {
      case Expression.Constant(Value value) -> value;
      case Expression.Name name -> {
        work.at(name.line());
        yield scope.get(name.name());
      }
      case Expression.Items(List<Expression> items) -> Seq.list(all(items, scope));
      case Expression.Tuple(List<Expression> items) -> new Seq(Seq.Kind.TUPLE, all(items, scope));
      case Expression.Entries entries -> dict(entries, scope);
      case Expression.Attribute attribute -> {
        Value target = evaluate(attribute.target(), scope);
        work.at(attribute.line());
        yield Attributes.attribute(target, attribute.name());
      }
      case Expression.Item item -> {
        Value target = evaluate(item.target(), scope);
        Value index = evaluate(item.index(), scope);
        work.at(item.line());
        yield Attributes.item(target, index, work);
      }
      case Expression.Slice slice -> slice(slice, scope);
      case Expression.Call call -> {
        Value target = evaluate(call.target(), scope);
        Arguments arguments = arguments(call.given(), scope);
        work.at(call.line());
        yield Calls.call(target, arguments, work);
      }
      case Expression.Filtered filtered ->
          filter(evaluate(filtered.target(), scope), filtered.filter(), scope);
      case Expression.Tested tested -> {
        Value target = evaluate(tested.target(), scope);
        Arguments arguments = arguments(tested.given(), scope);
        work.at(tested.line());
        yield Value.of(Tests.holds(tested.name(), target, arguments, work));
      }
      case Expression.Not(Expression operand) -> Value.of(!evaluate(operand, scope).truth());
      case Expression.Signed signed -> {
        Value operand = evaluate(signed.operand(), scope);
        work.at(signed.line());
        yield Arithmetic.signed(operand, signed.minus());
      }
      case Expression.Binary binary -> {
        Value left = evaluate(binary.left(), scope);
        Value right = evaluate(binary.right(), scope);
        work.at(binary.line());
        yield Arithmetic.binary(binary.operator(), left, right, work);
      }
      case Expression.Logic logic -> {
        Value left = evaluate(logic.left(), scope);
        yield left.truth() == logic.and() ? evaluate(logic.right(), scope) : left;
      }
      case Expression.Joined(List<Expression> parts) -> joined(parts, scope);
      case Expression.Compared compared -> Value.of(holds(compared, scope));
      case Expression.Conditional conditional -> {
        if (evaluate(conditional.test(), scope).truth()) {
          yield evaluate(conditional.value(), scope);
        }
        yield conditional.otherwise().isPresent()
            ? evaluate(conditional.otherwise().get(), scope)
            : new Value.Undefined("an inline if was false and has no else");
      }
    };
  }

  private List<Value> all(List<Expression> expressions, Scope scope) {
    List<Value> values = new ArrayList<>();
    for (Expression expression : expressions) {
      values.add(evaluate(expression, scope));
    }
    return values;
  }

  private Value dict(Expression.Entries entries, Scope scope) {
    SequencedMap<Value, Value> made = new LinkedHashMap<>();
    for (Entry entry : entries.entries()) {
      Value key = evaluate(entry.key(), scope);
      work.at(entries.line());
      made.put(Dict.key(key), evaluate(entry.value(), scope));
    }
    return new Dict(made);
  }

  private Value slice(Expression.Slice slice, Scope scope) {
    Value target = evaluate(slice.target(), scope);
    Value from = bound(slice.from(), scope);
    Value to = bound(slice.to(), scope);
    Value step = bound(slice.step(), scope);
    work.at(slice.line());
    return Sequences.slice(target, from, to, step, work);
  }

  private Value bound(Optional<Expression> bound, Scope scope) {
    return bound.isPresent() ? evaluate(bound.get(), scope) : Value.None.NONE;
  }

  private Arguments arguments(Given given, Scope scope) {
    List<Value> positional = all(given.positional(), scope);
    Map<String, Value> named = new LinkedHashMap<>();
    for (Named argument : given.named()) {
      put(named, argument.name(), evaluate(argument.value(), scope));
    }
    if (given.sequence().isPresent()) {
      positional.addAll(Sequences.items(evaluate(given.sequence().get(), scope), work));
    }
    if (given.dictionary().isPresent()) {
      if (!(evaluate(given.dictionary().get(), scope) instanceof Dict dict)) {
        throw new JinjaException("what follows ** in a call is no dict");
      }
      dict.entries()
          .forEach(
              (key, value) -> {
                if (!(key instanceof Value.Text(String name))) {
                  throw new JinjaException("keywords must be strings");
                }
                put(named, name, value);
              });
    }
    return new Arguments(positional, named);
  }

  private static void put(Map<String, Value> named, String name, Value value) {
    if (named.put(name, value) != null) {
      throw new JinjaException("the argument '%s' is given twice".formatted(name));
    }
  }

  /** Applies a filter of a chain. */
  Value filter(Value input, FilterCall filter, Scope scope) {
    Arguments arguments = arguments(filter.given(), scope);
    work.at(filter.line());
    return Filters.apply(filter.name(), input, arguments, work);
  }

  /** A call with a body of its own. */
  Value call(Expression.Call call, Macro caller, Scope scope) {
    Value target = evaluate(call.target(), scope);
    Arguments arguments = arguments(call.given(), scope);
    Map<String, Value> named = new LinkedHashMap<>(arguments.named());
    put(named, "caller", caller);
    work.at(call.line());
    return Calls.call(target, new Arguments(arguments.positional(), named), work);
  }

  private Value joined(List<Expression> parts, Scope scope) {
    StringBuilder text = new StringBuilder();
    for (Expression part : parts) {
      String printed = Printed.of(evaluate(part, scope), work);
      work.grow(text.length(), printed.length());
      text.append(printed);
    }
    return Value.of(text.toString());
  }

  private boolean holds(Expression.Compared compared, Scope scope) {
    Value left = evaluate(compared.first(), scope);
    for (Operand operand : compared.operands()) {
      Value right = evaluate(operand.value(), scope);
      work.at(compared.line());
      if (!Arithmetic.compare(operand.operator(), left, right, work)) {
        return false;
      }
      left = right;
    }
    return true;
  }
}
