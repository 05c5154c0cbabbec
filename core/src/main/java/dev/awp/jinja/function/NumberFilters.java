// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.function;

import dev.awp.jinja.value.Arguments;
import dev.awp.jinja.value.Comparisons;
import dev.awp.jinja.value.JinjaException;
import dev.awp.jinja.value.Spaces;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.Optional;

/** Filters that make numbers. */
final class NumberFilters {
  private NumberFilters() {}

  static Map<String, Filter> all() {
    return Map.of(
        "int", NumberFilters::whole,
        "float", NumberFilters::real,
        "abs", NumberFilters::abs,
        "round", NumberFilters::round,
        "sum", NumberFilters::sum);
  }

  private static Value whole(Value value, Arguments arguments, Work work) {
    Arguments.Bound bound = arguments.bind("int", 0, "default", "base");
    Comparisons.missing(value);
    work.step();
    Value fallback = bound.get(0, Value.of(0));
    if (value instanceof Value.Text(String text)) {
      if (bound.whole(1, 10) != 10) {
        throw new JinjaException("int with another base than 10 is not known");
      }
      String digits = Spaces.strip(text, true, true).replaceAll("(?<=[0-9])_(?=[0-9])", "");
      if (digits.matches("[+-]?[0-9]+")) {
        return Value.of(longOf(new BigDecimal(digits)));
      }
      return parsed(text).map(NumberFilters::cut).orElse(fallback);
    }
    if (value instanceof Value.Real(double number)) {
      return cut(number);
    }
    return Comparisons.isNumber(value) ? Value.of(Comparisons.whole(value)) : fallback;
  }

  private static Value cut(Double number) {
    return Value.of(longOf(PercentFormat.exact(number)));
  }

  private static long longOf(BigDecimal number) {
    BigDecimal whole = number.setScale(0, RoundingMode.DOWN);
    if (whole.abs().compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      throw new JinjaException("an integer of more than 64 bits arises");
    }
    return whole.longValueExact();
  }

  /** Python's float() of a text; infinity and NaN are refused. */
  private static Optional<Double> parsed(String text) {
    String number = Spaces.strip(text, true, true).replaceAll("(?<=[0-9])_(?=[0-9])", "");
    if (number.matches("(?i)[+-]?(inf|infinity|nan)") || number.chars().anyMatch(c -> c > '~')) {
      throw new JinjaException("the number '%s' is not known".formatted(text));
    }
    return number.matches("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?")
        ? Optional.of(Double.parseDouble(number))
        : Optional.empty();
  }

  private static Value real(Value value, Arguments arguments, Work work) {
    Value fallback = arguments.bind("float", 0, "default").get(0, Value.of(0.0));
    Comparisons.missing(value);
    work.step();
    if (value instanceof Value.Text(String text)) {
      return parsed(text).map(Value::of).orElse(fallback);
    }
    return Comparisons.isNumber(value) ? Value.of(Comparisons.real(value)) : fallback;
  }

  private static Value abs(Value value, Arguments arguments, Work work) {
    arguments.bind("abs", 0);
    work.step();
    boolean negative =
        Comparisons.isNumber(value)
            && (Comparisons.real(value) < 0 || 1 / Comparisons.real(value) < 0);
    return Arithmetic.signed(value, negative);
  }

  private static Value round(Value value, Arguments arguments, Work work) {
    Arguments.Bound bound = arguments.bind("round", 0, "precision", "method");
    long precision = bound.whole(0, 0);
    work.step();
    if (!Comparisons.isNumber(value) || precision < 0 || precision > 300) {
      throw new JinjaException("round of '%s' is not known".formatted(value.type()));
    }
    boolean common = bound.text(1, "common").equals("common");
    if (!(value instanceof Value.Real(double number))) {
      if (!common) {
        throw new JinjaException("round of an integer is not known");
      }
      return Value.of(Comparisons.whole(value));
    }
    if (!common) {
      if (precision > 0 || !bound.text(1).matches("ceil|floor")) {
        throw new JinjaException("this method of round is not known");
      }
      return Value.of(bound.text(1).equals("ceil") ? Math.ceil(number) : Math.floor(number));
    }
    double rounded =
        PercentFormat.exact(number).setScale((int) precision, RoundingMode.HALF_EVEN).doubleValue();
    return Value.of(Math.copySign(rounded, number));
  }

  private static Value sum(Value value, Arguments arguments, Work work) {
    Arguments.Bound bound = arguments.bind("sum", 0, "attribute", "start");
    Attribute attribute = Attribute.of(bound.get(0, Value.None.NONE));
    Value sum = bound.get(1, Value.of(0));
    for (Value item : Sequences.items(value, work)) {
      Value part = attribute.of(item, work);
      if (part instanceof Value.Real || sum instanceof Value.Real) {
        throw new JinjaException("the sum of floating-point numbers is not known");
      }
      sum = Arithmetic.binary("+", sum, part, work);
    }
    return sum;
  }
}
