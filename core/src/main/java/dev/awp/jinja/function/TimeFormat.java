// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.function;

import dev.awp.jinja.value.JinjaException;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Python's strftime in English. */
final class TimeFormat {
  private TimeFormat() {}

  static String of(String format, LocalDateTime time) {
    StringBuilder out = new StringBuilder();
    int at = 0;
    while (at < format.length()) {
      char c = format.charAt(at);
      at++;
      if (c != '%') {
        out.append(c);
        continue;
      }
      boolean bare = format.startsWith("-", at);
      at += bare ? 1 : 0;
      if (at >= format.length()) {
        throw new JinjaException("the format of a time ends within a field");
      }
      out.append(field(format.charAt(at), bare, time));
      at++;
    }
    return out.toString();
  }

  private static String field(char field, boolean bare, LocalDateTime time) {
    String pattern =
        switch (field) {
          case 'Y' -> "yyyy";
          case 'm' -> "MM";
          case 'd' -> "dd";
          case 'H' -> "HH";
          case 'I' -> "hh";
          case 'M' -> "mm";
          case 'S' -> "ss";
          case 'f' -> "SSSSSS";
          case 'j' -> "DDD";
          case 'y' -> "yy";
          case 'b', 'h' -> "MMM";
          case 'B' -> "MMMM";
          case 'a' -> "EEE";
          case 'A' -> "EEEE";
          case 'F' -> "yyyy-MM-dd";
          case 'T' -> "HH:mm:ss";
          case 'R' -> "HH:mm";
          case 'D' -> "MM/dd/yy";
          case 'p' -> time.getHour() < 12 ? "'AM'" : "'PM'";
          case '%' -> "'%'";
          default ->
              throw new JinjaException("the field %%%s of a time is not known".formatted(field));
        };
    String text = DateTimeFormatter.ofPattern(pattern, Locale.US).format(time);
    return bare && "mdHIMSj".indexOf(field) >= 0 ? text.replaceFirst("^0+(?=.)", "") : text;
  }
}
