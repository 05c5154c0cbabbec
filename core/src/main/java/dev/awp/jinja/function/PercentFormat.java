// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.function;

import dev.awp.jinja.value.Comparisons;
import dev.awp.jinja.value.Dict;
import dev.awp.jinja.value.JinjaException;
import dev.awp.jinja.value.Printed;
import dev.awp.jinja.value.Seq;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's format % values, with the conversions s, r, d, i, f and %. Others are refused. */
final class PercentFormat {
  private static final Pattern FIELD =
      Pattern.compile("%([-0+ ]*)([0-9]{0,6})(?:\\.([0-9]{1,3}))?(.)", Pattern.DOTALL);

  private PercentFormat() {}

  static String of(String format, Value values, Work work) {
    List<Value> all =
        values instanceof Seq seq && seq.kind() == Seq.Kind.TUPLE ? seq.items() : List.of(values);
    Iterator<Value> left = all.iterator();
    Matcher field = FIELD.matcher(format);
    StringBuilder out = new StringBuilder();
    int from = 0;
    while (field.find(from)) {
      out.append(format, from, field.start());
      from = field.end();
      String text = field.group(4).equals("%") ? "%" : field(field, left, work);
      work.grow(out.length(), text.length());
      out.append(text);
    }
    if (format.indexOf('%', from) >= 0) {
      throw new JinjaException("incomplete format");
    }
    if (left.hasNext() && !(values instanceof Dict)) {
      throw new JinjaException("not all arguments converted during string formatting");
    }
    return out.append(format, from, format.length()).toString();
  }

  private static String field(Matcher field, Iterator<Value> left, Work work) {
    if (!"srdif".contains(field.group(4))) {
      throw new JinjaException("the format %s is not known".formatted(field.group()));
    }
    if (!left.hasNext()) {
      throw new JinjaException("not enough arguments for format string");
    }
    Value value = left.next();
    String flags = field.group(1);
    int digits = field.group(3) == null ? -1 : Integer.parseInt(field.group(3));
    String text =
        switch (field.group(4)) {
          case "s" -> cut(Printed.of(value, work), digits);
          case "r" -> cut(Printed.quoted(value, work), digits);
          case "f" -> signed(fixed(value, digits < 0 ? 6 : digits), flags);
          default -> {
            if (digits >= 0) {
              throw new JinjaException("the format %s is not known".formatted(field.group()));
            }
            yield signed(whole(value), flags);
          }
        };
    int width = field.group(2).isEmpty() ? 0 : Integer.parseInt(field.group(2));
    boolean number = !"sr".contains(field.group(4));
    if (flags.contains("-")) {
      return TextMethods.padded(text, width, " ", 0, work);
    }
    if (number && flags.contains("0")) {
      int sign = text.isEmpty() || Character.isDigit(text.charAt(0)) ? 0 : 1;
      return text.substring(0, sign)
          + TextMethods.padded(text.substring(sign), width - (long) sign, "0", 2, work);
    }
    return TextMethods.padded(text, width, " ", 2, work);
  }

  private static String cut(String text, int most) {
    return most < 0 || text.codePointCount(0, text.length()) <= most
        ? text
        : text.substring(0, text.offsetByCodePoints(0, most));
  }

  private static String signed(String number, String flags) {
    boolean minus = number.startsWith("-");
    return minus
        ? number
        : flags.contains("+") ? "+" + number : flags.contains(" ") ? " " + number : number;
  }

  private static String whole(Value value) {
    if (!Comparisons.isNumber(value)) {
      throw new JinjaException("a number is required, not '%s'".formatted(value.type()));
    }
    return value instanceof Value.Real(double real)
        ? exact(real).setScale(0, RoundingMode.DOWN).toPlainString()
        : Long.toString(Comparisons.whole(value));
  }

  private static String fixed(Value value, int digits) {
    if (!Comparisons.isNumber(value)) {
      throw new JinjaException("a number is required, not '%s'".formatted(value.type()));
    }
    double real = Comparisons.real(value);
    String text = exact(real).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
    return (real < 0 || 1 / real < 0) && !text.startsWith("-") ? "-" + text : text;
  }

  static BigDecimal exact(double real) {
    if (Double.isNaN(real) || Double.isInfinite(real)) {
      throw new JinjaException("the format of infinity and NaN is not known");
    }
    return new BigDecimal(real);
  }
}
