// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.value;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Values as JSON, as Python's json.dumps writes it. */
public final class JsonText {
  /**
   * How it is written.
   *
   * @param ascii whether other characters are escaped
   * @param indent what a level is indented by; null where all stands on one line
   * @param item what stands between items
   * @param colon what stands between key and value
   * @param sorted whether keys are sorted
   */
  public record Style(boolean ascii, String indent, String item, String colon, boolean sorted) {}

  private final Style style;
  private final Work work;
  private final StringBuilder out = new StringBuilder();
  private int level;

  private JsonText(Style style, Work work) {
    this.style = style;
    this.work = work;
  }

  /**
   * Writes a value.
   *
   * @throws JinjaException for what JSON does not have
   */
  public static String of(Value value, Style style, Work work) {
    JsonText json = new JsonText(style, work);
    json.add(value);
    return json.out.toString();
  }

  private void add(Value value) {
    work.step();
    switch (value) {
      case Value.None _ -> out.append("null");
      case Value.Bool(boolean flag) -> out.append(flag);
      case Value.Int(long number) -> out.append(number);
      case Value.Real(double number) -> out.append(number(number));
      case Value.Text(String text) -> quote(text);
      case Seq seq when seq.kind() != Seq.Kind.RANGE -> items(seq.items());
      case Dict dict -> entries(dict);
      default ->
          throw new JinjaException(
              "Object of type %s is not JSON serializable".formatted(value.type()));
    }
  }

  private static String number(double number) {
    return switch (Printed.of(number)) {
      case "nan" -> "NaN";
      case "inf" -> "Infinity";
      case "-inf" -> "-Infinity";
      case String text -> text;
    };
  }

  private void items(List<Value> items) {
    if (items.isEmpty()) {
      out.append("[]");
      return;
    }
    open('[');
    for (int i = 0; i < items.size(); i++) {
      separate(i == 0);
      add(items.get(i));
    }
    close(']');
  }

  private void entries(Dict dict) {
    if (dict.entries().isEmpty()) {
      out.append("{}");
      return;
    }
    List<Map.Entry<Value, Value>> entries = new ArrayList<>(dict.entries().entrySet());
    if (style.sorted) {
      entries.sort((a, b) -> Comparisons.order(a.getKey(), b.getKey(), work));
    }
    open('{');
    for (int i = 0; i < entries.size(); i++) {
      separate(i == 0);
      quote(key(entries.get(i).getKey()));
      out.append(style.colon);
      add(entries.get(i).getValue());
    }
    close('}');
  }

  private static String key(Value key) {
    return switch (key) {
      case Value.Text(String text) -> text;
      case Value.Int(long number) -> Long.toString(number);
      default -> "null";
    };
  }

  private void open(char bracket) {
    work.enter();
    out.append(bracket);
    level++;
  }

  private void separate(boolean first) {
    out.append(first ? "" : style.item);
    newLine();
  }

  private void close(char bracket) {
    level--;
    newLine();
    out.append(bracket);
    work.leave();
  }

  private void newLine() {
    if (style.indent != null) {
      work.grow(out.length(), 1 + (long) level * style.indent.length());
      out.append('\n').repeat(style.indent, level);
    }
  }

  private void quote(String text) {
    work.grow(out.length(), text.length());
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\f' -> out.append("\\f");
        case '\b' -> out.append("\\b");
        default -> {
          if (c < ' ' || (style.ascii && c > '~')) {
            out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
