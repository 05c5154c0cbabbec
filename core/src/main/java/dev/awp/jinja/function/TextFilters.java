// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.function;

import dev.awp.jinja.value.Arguments;
import dev.awp.jinja.value.JinjaException;
import dev.awp.jinja.value.JsonText;
import dev.awp.jinja.value.Printed;
import dev.awp.jinja.value.Seq;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Filters that make text. */
final class TextFilters {
  private static final Pattern WORD_BEGIN = Pattern.compile("[-\\s({\\[<]+");

  private TextFilters() {}

  static Map<String, Filter> all() {
    return Map.ofEntries(
        Map.entry("string", TextFilters::string),
        Map.entry("safe", TextFilters::safe),
        Map.entry("lower", (v, a, w) -> Value.of(Letters.lower(plain("lower", v, a, w)))),
        Map.entry("upper", (v, a, w) -> Value.of(Letters.upper(plain("upper", v, a, w)))),
        Map.entry(
            "capitalize", (v, a, w) -> Value.of(Letters.capitalized(plain("capitalize", v, a, w)))),
        Map.entry("title", (v, a, w) -> Value.of(title(plain("title", v, a, w)))),
        Map.entry("trim", TextFilters::trim),
        Map.entry("replace", TextFilters::replace),
        Map.entry("indent", TextFilters::indent),
        Map.entry("truncate", TextFilters::truncate),
        Map.entry("center", TextFilters::center),
        Map.entry("format", TextFilters::format),
        Map.entry("join", TextFilters::join),
        Map.entry("tojson", TextFilters::toJson));
  }

  /** The value as text, of a filter without arguments. */
  private static String plain(String name, Value value, Arguments arguments, Work work) {
    arguments.bind(name, 0);
    return text(value, work);
  }

  private static String text(Value value, Work work) {
    if (value instanceof Value.Markup) {
      throw new JinjaException("filters of text that is marked as safe are not known");
    }
    String text = Printed.of(value, work);
    work.characters(text.length());
    return text;
  }

  private static Value string(Value value, Arguments arguments, Work work) {
    arguments.bind("string", 0);
    return value instanceof Value.Markup ? value : Value.of(Printed.of(value, work));
  }

  private static Value safe(Value value, Arguments arguments, Work work) {
    arguments.bind("safe", 0);
    return new Value.Markup(Printed.of(value, work));
  }

  private static String title(String text) {
    StringBuilder out = new StringBuilder();
    Matcher begin = WORD_BEGIN.matcher(text);
    int from = 0;
    while (begin.find()) {
      out.append(Letters.capitalized(text.substring(from, begin.start()))).append(begin.group());
      from = begin.end();
    }
    return out.append(Letters.capitalized(text.substring(from))).toString();
  }

  private static Value trim(Value value, Arguments arguments, Work work) {
    Value chars = arguments.bind("trim", 0, "chars").get(0, Value.None.NONE);
    return Value.of(TextMethods.stripped(text(value, work), chars, true, true));
  }

  private static Value replace(Value value, Arguments arguments, Work work) {
    Arguments.Bound bound = arguments.bind("replace", 2, "old", "new", "count");
    String old = text(bound.get(0).orElseThrow(), work);
    String by = text(bound.get(1).orElseThrow(), work);
    boolean all = bound.get(2, Value.None.NONE) instanceof Value.None;
    return Value.of(
        TextMethods.replaced(text(value, work), old, by, all ? -1 : bound.whole(2, -1), work));
  }

  private static Value indent(Value value, Arguments arguments, Work work) {
    Arguments.Bound bound = arguments.bind("indent", 0, "width", "first", "blank");
    if (!(value instanceof Value.Text(String text))) {
      throw new JinjaException("indent wants a string, not '%s'".formatted(value.type()));
    }
    String by;
    if (bound.get(0, Value.None.NONE) instanceof Value.Text(String given)) {
      by = given;
    } else {
      long width = Math.max(0, bound.whole(0, 4));
      work.characters(width);
      by = " ".repeat((int) width);
    }
    List<String> lines = new ArrayList<>(Splitting.lines(text + "\n", false));
    boolean blank = bound.flag(2, false);
    for (int i = 1; i < lines.size(); i++) {
      lines.set(i, blank || !lines.get(i).isEmpty() ? indented(by, lines.get(i), work) : "");
    }
    String all = TextMethods.joined("\n", lines, work);
    return Value.of(bound.flag(1, false) ? indented(by, all, work) : all);
  }

  private static String indented(String by, String line, Work work) {
    work.characters((long) by.length() + line.length());
    return by + line;
  }

  private static Value truncate(Value value, Arguments arguments, Work work) {
    Arguments.Bound bound = arguments.bind("truncate", 0, "length", "killwords", "end", "leeway");
    if (!(value instanceof Value.Text(String text))) {
      throw new JinjaException("truncate wants a string, not '%s'".formatted(value.type()));
    }
    String end = bound.text(2, "...");
    int length = text.codePointCount(0, text.length());
    long kept = bound.whole(0, 255) - end.codePointCount(0, end.length());
    long leeway = bound.get(3, Value.None.NONE) instanceof Value.None ? 5 : bound.whole(3, 5);
    if (kept < 0 || leeway < 0) {
      throw new JinjaException("truncate wants a length that the end fits into");
    }
    if (length <= bound.whole(0, 255) + leeway) {
      return Value.of(text);
    }
    String cut = text.substring(0, text.offsetByCodePoints(0, (int) kept));
    int space = bound.flag(1, false) ? -1 : cut.lastIndexOf(' ');
    return Value.of((space < 0 ? cut : cut.substring(0, space)) + end);
  }

  private static Value center(Value value, Arguments arguments, Work work) {
    long width = arguments.bind("center", 0, "width").whole(0, 80);
    return Value.of(TextMethods.padded(text(value, work), width, " ", 1, work));
  }

  private static Value format(Value value, Arguments arguments, Work work) {
    if (!arguments.named().isEmpty()) {
      throw new JinjaException("a format with values by name is not known");
    }
    Seq values = new Seq(Seq.Kind.TUPLE, arguments.positional());
    return Value.of(PercentFormat.of(text(value, work), values, work));
  }

  private static Value join(Value value, Arguments arguments, Work work) {
    Arguments.Bound bound = arguments.bind("join", 0, "d", "attribute");
    Attribute attribute = Attribute.of(bound.get(1, Value.None.NONE));
    List<String> parts = new ArrayList<>();
    for (Value item : Sequences.items(value, work)) {
      parts.add(text(attribute.of(item, work), work));
    }
    String between = text(bound.get(0, Value.of("")), work);
    return Value.of(TextMethods.joined(between, parts, work));
  }

  private static Value toJson(Value value, Arguments arguments, Work work) {
    Arguments.Bound bound =
        arguments.bind("tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
    String indent =
        switch (bound.get(1, Value.None.NONE)) {
          case Value.None _ -> null;
          case Value.Text(String given) -> given;
          default -> {
            long width = Math.max(0, bound.whole(1, 0));
            work.characters(width);
            yield " ".repeat((int) width);
          }
        };
    String item = indent == null ? ", " : ",";
    String colon = ": ";
    if (!(bound.get(2, Value.None.NONE) instanceof Value.None)) {
      List<Value> both = Sequences.items(bound.get(2).orElseThrow(), work);
      if (both.size() != 2
          || !(both.getFirst() instanceof Value.Text(String first))
          || !(both.getLast() instanceof Value.Text(String second))) {
        throw new JinjaException("separators of tojson are two strings");
      }
      item = first;
      colon = second;
    }
    JsonText.Style style =
        new JsonText.Style(bound.flag(0, false), indent, item, colon, bound.flag(3, false));
    return Value.of(JsonText.of(value, style, work));
  }
}
