// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.function;

import dev.awp.jinja.value.Arguments;
import dev.awp.jinja.value.JinjaException;
import dev.awp.jinja.value.Seq;
import dev.awp.jinja.value.Spaces;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Strings cut into parts, as Python cuts them. */
final class Splitting {
  private Splitting() {}

  /** Python's split, or rsplit where cuts are counted from the end. */
  static Value split(String text, Arguments arguments, boolean fromEnd, Work work) {
    Arguments.Bound bound = arguments.bind("split", 0, "sep", "maxsplit");
    long most = bound.whole(1, -1);
    long cuts = most < 0 ? Long.MAX_VALUE : most;
    boolean spaces = bound.get(0, Value.None.NONE) instanceof Value.None;
    if (!spaces && bound.text(0).isEmpty()) {
      throw new JinjaException("empty separator");
    }
    List<String> parts =
        spaces
            ? (fromEnd ? wordsFromEnd(text, cuts) : words(text, cuts))
            : (fromEnd
                ? partsFromEnd(text, bound.text(0), cuts)
                : parts(text, bound.text(0), cuts));
    work.steps(parts.size());
    return Seq.list(parts.stream().map(Value::of).toList());
  }

  private static List<String> parts(String text, String separator, long cuts) {
    List<String> parts = new ArrayList<>();
    int from = 0;
    int at = text.indexOf(separator);
    while (at >= 0 && parts.size() < cuts) {
      parts.add(text.substring(from, at));
      from = at + separator.length();
      at = text.indexOf(separator, from);
    }
    parts.add(text.substring(from));
    return parts;
  }

  private static List<String> partsFromEnd(String text, String separator, long cuts) {
    List<String> parts = new ArrayList<>();
    int to = text.length();
    int at = text.lastIndexOf(separator);
    while (at >= 0 && parts.size() < cuts) {
      parts.add(text.substring(at + separator.length(), to));
      to = at;
      at = to < separator.length() ? -1 : text.lastIndexOf(separator, to - separator.length());
    }
    parts.add(text.substring(0, to));
    Collections.reverse(parts);
    return parts;
  }

  private static List<String> words(String text, long cuts) {
    List<String> words = new ArrayList<>();
    int at = 0;
    while (true) {
      while (at < text.length() && Spaces.is(text.charAt(at))) {
        at++;
      }
      if (at == text.length()) {
        return words;
      }
      if (words.size() >= cuts) {
        words.add(text.substring(at));
        return words;
      }
      int from = at;
      while (at < text.length() && !Spaces.is(text.charAt(at))) {
        at++;
      }
      words.add(text.substring(from, at));
    }
  }

  private static List<String> wordsFromEnd(String text, long cuts) {
    List<String> words = new ArrayList<>();
    int end = text.length();
    while (true) {
      while (end > 0 && Spaces.is(text.charAt(end - 1))) {
        end--;
      }
      if (end == 0) {
        break;
      }
      if (words.size() >= cuts) {
        words.add(text.substring(0, end));
        break;
      }
      int to = end;
      while (end > 0 && !Spaces.is(text.charAt(end - 1))) {
        end--;
      }
      words.add(text.substring(end, to));
    }
    Collections.reverse(words);
    return words;
  }

  /** Python's splitlines. */
  static List<String> lines(String text, boolean keepEnds) {
    List<String> lines = new ArrayList<>();
    int from = 0;
    int at = 0;
    while (at < text.length()) {
      char c = text.charAt(at);
      int end = at;
      at++;
      if (breaks(c)) {
        at += c == '\r' && text.startsWith("\n", at) ? 1 : 0;
        lines.add(text.substring(from, keepEnds ? at : end));
        from = at;
      }
    }
    if (from < text.length()) {
      lines.add(text.substring(from));
    }
    return lines;
  }

  private static boolean breaks(char c) {
    return (c >= '\n' && c <= '\r')
        || (c >= 0x1c && c <= 0x1e)
        || c == 0x85
        || c == 0x2028
        || c == 0x2029;
  }

  /** Before, at and behind a separator. */
  static Value partition(String text, Arguments arguments, boolean fromEnd) {
    String separator = arguments.bind("partition", 1, "sep").text(0);
    if (separator.isEmpty()) {
      throw new JinjaException("empty separator");
    }
    int at = fromEnd ? text.lastIndexOf(separator) : text.indexOf(separator);
    Value nothing = Value.of("");
    if (at < 0) {
      Value all = Value.of(text);
      return fromEnd ? Seq.tuple(nothing, nothing, all) : Seq.tuple(all, nothing, nothing);
    }
    return Seq.tuple(
        Value.of(text.substring(0, at)),
        Value.of(separator),
        Value.of(text.substring(at + separator.length())));
  }
}
