// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.value;

import java.math.BigDecimal;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Values as text, as Python's str() and repr() have it. */
public final class Printed {
  private final Work work;
  private final StringBuilder out = new StringBuilder();

  private Printed(Work work) {
    this.work = work;
  }

  /** Python's str(), and nothing for what is undefined. */
  public static String of(Value value, Work work) {
    return switch (value) {
      case Value.Text(String text) -> text;
      case Value.Markup(String text) -> text;
      case Value.Undefined _ -> "";
      default -> quoted(value, work);
    };
  }

  /** Python's repr(). */
  public static String quoted(Value value, Work work) {
    Printed printed = new Printed(work);
    printed.add(value);
    return printed.out.toString();
  }

  private void add(Value value) {
    work.step();
    switch (value) {
      case Value.None _ -> out.append("None");
      case Value.Bool(boolean flag) -> out.append(flag ? "True" : "False");
      case Value.Int(long number) -> out.append(number);
      case Value.Real(double number) -> out.append(of(number));
      case Value.Text(String text) -> {
        work.grow(out.length(), text.length());
        quote(text);
      }
      case Value.Undefined _ -> out.append("Undefined");
      case Seq seq -> sequence(seq);
      case Dict dict -> dictionary(dict);
      default ->
          throw new JinjaException(
              "printing a value of type %s is not known".formatted(value.type()));
    }
  }

  private void sequence(Seq seq) {
    List<Value> items = seq.items();
    switch (seq.kind()) {
      case LIST -> items('[', items, "]");
      case TUPLE -> items('(', items, items.size() == 1 ? ",)" : ")");
      case RANGE -> throw new JinjaException("printing a range is not known");
    }
  }

  private void items(char open, List<Value> items, String close) {
    work.enter();
    out.append(open);
    for (int i = 0; i < items.size(); i++) {
      out.append(i > 0 ? ", " : "");
      add(items.get(i));
    }
    out.append(close);
    work.leave();
  }

  private void dictionary(Dict dict) {
    work.enter();
    out.append('{');
    for (Iterator<Map.Entry<Value, Value>> entries = dict.entries().entrySet().iterator();
        entries.hasNext(); ) {
      Map.Entry<Value, Value> entry = entries.next();
      add(entry.getKey());
      out.append(": ");
      add(entry.getValue());
      out.append(entries.hasNext() ? ", " : "");
    }
    out.append('}');
    work.leave();
  }

  private void quote(String text) {
    char mark = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    out.append(mark);
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> {
                  if (c == mark) {
                    out.append('\\').append(mark);
                  } else if (isPrintable(c)) {
                    out.appendCodePoint(c);
                  } else {
                    String form = c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x";
                    out.append(String.format(Locale.ROOT, form, c));
                  }
                }
              }
            });
    out.append(mark);
  }

  private static boolean isPrintable(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      case Character.SPACE_SEPARATOR -> c == ' ';
      default -> true;
    };
  }

  /** A floating-point number with the fewest digits that tell it, as Python writes them. */
  public static String of(double number) {
    if (Double.isNaN(number)) {
      return "nan";
    }
    if (Double.isInfinite(number)) {
      return number > 0 ? "inf" : "-inf";
    }
    if (number == 0) {
      return 1 / number < 0 ? "-0.0" : "0.0";
    }
    BigDecimal exact = new BigDecimal(Double.toString(number)).stripTrailingZeros();
    int exponent = exact.precision() - exact.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = exact.toPlainString();
      return plain.indexOf('.') < 0 ? plain + ".0" : plain;
    }
    String digits = exact.unscaledValue().abs().toString();
    String sign = number < 0 ? "-" : "";
    String point = digits.length() > 1 ? "." + digits.substring(1) : "";
    return String.format(
        Locale.ROOT,
        "%s%s%se%s%02d",
        sign,
        digits.charAt(0),
        point,
        exponent < 0 ? "-" : "+",
        Math.abs(exponent));
  }
}
