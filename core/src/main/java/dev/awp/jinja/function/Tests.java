// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.function;

import dev.awp.jinja.value.Arguments;
import dev.awp.jinja.value.Callable;
import dev.awp.jinja.value.Comparisons;
import dev.awp.jinja.value.Dict;
import dev.awp.jinja.value.JinjaException;
import dev.awp.jinja.value.Namespace;
import dev.awp.jinja.value.Printed;
import dev.awp.jinja.value.Seq;
import dev.awp.jinja.value.Special;
import dev.awp.jinja.value.Stream;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;
import java.util.Map;

/** What may follow "is". */
public final class Tests {
  private static final Map<String, String> COMPARISONS =
      Map.ofEntries(
          Map.entry("eq", "=="),
          Map.entry("equalto", "=="),
          Map.entry("==", "=="),
          Map.entry("ne", "!="),
          Map.entry("!=", "!="),
          Map.entry("lt", "<"),
          Map.entry("lessthan", "<"),
          Map.entry("<", "<"),
          Map.entry("le", "<="),
          Map.entry("<=", "<="),
          Map.entry("gt", ">"),
          Map.entry("greaterthan", ">"),
          Map.entry(">", ">"),
          Map.entry("ge", ">="),
          Map.entry(">=", ">="),
          Map.entry("in", "in"));

  private Tests() {}

  /**
   * Whether a test holds.
   *
   * @throws JinjaException where it is not known or refuses the value
   */
  public static boolean holds(String name, Value value, Arguments arguments, Work work) {
    work.step();
    String operator = COMPARISONS.get(name);
    if (operator != null) {
      Value other = arguments.bind(name, 1, "other").get(0).orElseThrow();
      return Arithmetic.compare(operator, value, other, work);
    }
    if (name.equals("divisibleby")) {
      Value other = arguments.bind(name, 1, "num").get(0).orElseThrow();
      return !Arithmetic.binary("%", value, other, work).truth();
    }
    if (name.equals("sameas")) {
      return same(value, arguments.bind(name, 1, "other").get(0).orElseThrow());
    }
    arguments.bind(name, 0);
    return plain(name, value, work);
  }

  private static boolean plain(String name, Value value, Work work) {
    return switch (name) {
      case "defined" -> !(value instanceof Value.Undefined);
      case "undefined" -> value instanceof Value.Undefined;
      case "none" -> value instanceof Value.None;
      case "boolean" -> value instanceof Value.Bool;
      case "true" -> value instanceof Value.Bool(boolean flag) && flag;
      case "false" -> value instanceof Value.Bool(boolean flag) && !flag;
      case "integer" -> value instanceof Value.Int;
      case "float" -> value instanceof Value.Real;
      case "number" -> Comparisons.isNumber(value);
      case "string" -> value instanceof Value.Text || value instanceof Value.Markup;
      case "mapping" -> value instanceof Dict;
      case "sequence" ->
          switch (value) {
            case Seq _, Dict _, Value.Text _, Value.Markup _, Value.Undefined _ -> true;
            default -> false;
          };
      case "iterable" ->
          switch (value) {
            case Seq _, Dict _, Value.Text _, Value.Markup _, Value.Undefined _, Stream _ -> true;
            case Special _ -> throw unknown(name, value);
            default -> false;
          };
      case "callable" ->
          switch (value) {
            case Callable _, Value.Undefined _ -> true;
            case Special _, Namespace _ -> throw unknown(name, value);
            default -> false;
          };
      case "odd" -> Comparisons.equal(rest(value, work), Value.of(1), work);
      case "even" -> !rest(value, work).truth();
      case "lower" -> Letters.isLower(Printed.of(value, work));
      case "upper" -> Letters.isUpper(Printed.of(value, work));
      default -> throw new JinjaException("the test '%s' is not known".formatted(name));
    };
  }

  private static JinjaException unknown(String name, Value value) {
    return new JinjaException(
        "the test '%s' of a value of type %s is not known".formatted(name, value.type()));
  }

  private static Value rest(Value value, Work work) {
    return Arithmetic.binary("%", value, Value.of(2), work);
  }

  /** Identity, which is certain for what exists once alone. */
  private static boolean same(Value value, Value other) {
    boolean once =
        value instanceof Value.None
            || value instanceof Value.Bool
            || other instanceof Value.None
            || other instanceof Value.Bool;
    if (!once) {
      throw new JinjaException("the identity of such values is not known");
    }
    return value.equals(other);
  }
}
