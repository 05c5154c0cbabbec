// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.function;

import dev.awp.jinja.value.Arguments;
import dev.awp.jinja.value.JinjaException;
import dev.awp.jinja.value.Printed;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;

/** Python's str.format with plain fields: {}, {0}, {name}. Others are refused. */
final class BraceFormat {
  private BraceFormat() {}

  static String of(String format, Arguments arguments, Work work) {
    StringBuilder out = new StringBuilder();
    int counted = 0;
    boolean numbered = false;
    int i = 0;
    while (i < format.length()) {
      char c = format.charAt(i);
      boolean doubled = i + 1 < format.length() && format.charAt(i + 1) == c;
      if (c != '{' && c != '}') {
        out.append(c);
        i++;
      } else if (doubled) {
        out.append(c);
        i += 2;
      } else {
        int end = format.indexOf('}', i);
        if (c == '}' || end < 0) {
          throw new JinjaException("a brace of the format stands alone");
        }
        String field = format.substring(i + 1, end);
        boolean counts = field.isEmpty();
        numbered |= !counts && Character.isDigit(field.charAt(0));
        if (numbered && (counts || counted > 0)) {
          throw new JinjaException("fields of a format with and without numbers");
        }
        String text = Printed.of(value(counts ? "" + counted : field, arguments), work);
        counted += counts ? 1 : 0;
        work.grow(out.length(), text.length());
        out.append(text);
        i = end + 1;
      }
    }
    return out.toString();
  }

  private static Value value(String field, Arguments arguments) {
    if (!field.matches("[0-9]{1,6}|[A-Za-z_][A-Za-z_0-9]*")) {
      throw new JinjaException("the field {%s} of a format is not known".formatted(field));
    }
    boolean number = Character.isDigit(field.charAt(0));
    if (number && Integer.parseInt(field) < arguments.positional().size()) {
      return arguments.positional().get(Integer.parseInt(field));
    }
    Value named = arguments.named().get(field);
    if (named == null) {
      throw new JinjaException("the format lacks a value for {%s}".formatted(field));
    }
    return named;
  }
}
