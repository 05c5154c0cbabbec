// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.function;

import dev.awp.jinja.value.Arguments;
import dev.awp.jinja.value.Callable;
import dev.awp.jinja.value.JinjaException;
import dev.awp.jinja.value.Printed;
import dev.awp.jinja.value.Seq;
import dev.awp.jinja.value.Spaces;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;

/** Methods of strings, as Python has them. */
final class TextMethods {
  /** Python's, which are refused where a template uses them: it would not find them missing. */
  private static final Set<String> UNKNOWN =
      Set.of(
          "casefold",
          "encode",
          "expandtabs",
          "format_map",
          "isdecimal",
          "isidentifier",
          "isnumeric",
          "isprintable",
          "istitle",
          "maketrans",
          "rindex",
          "swapcase",
          "translate",
          "zfill");

  private TextMethods() {}

  /** A string's method; empty where Python has none of the name. */
  static Optional<Callable> of(String text, String name) {
    return Optional.ofNullable(method(text, name))
        .map(
            method ->
                (arguments, work) -> {
                  work.characters(text.length());
                  return method.call(arguments, work);
                });
  }

  private static Callable method(String text, String name) {
    return switch (name) {
      case "upper" -> (a, _) -> none(a, name, Letters.upper(text));
      case "lower" -> (a, _) -> none(a, name, Letters.lower(text));
      case "title" -> (a, _) -> none(a, name, Letters.title(text));
      case "capitalize" -> (a, _) -> none(a, name, Letters.capitalized(text));
      case "strip" -> (a, _) -> strip(text, a, true, true);
      case "lstrip" -> (a, _) -> strip(text, a, true, false);
      case "rstrip" -> (a, _) -> strip(text, a, false, true);
      case "split" -> (a, work) -> Splitting.split(text, a, false, work);
      case "rsplit" -> (a, work) -> Splitting.split(text, a, true, work);
      case "splitlines" ->
          (a, _) -> {
            boolean keep = a.bind(name, 0, "keepends").flag(0, false);
            return Seq.list(Splitting.lines(text, keep).stream().map(Value::of).toList());
          };
      case "partition" -> (a, _) -> Splitting.partition(text, a, false);
      case "rpartition" -> (a, _) -> Splitting.partition(text, a, true);
      case "startswith" -> (a, _) -> affix(text, a, name, true);
      case "endswith" -> (a, _) -> affix(text, a, name, false);
      case "removeprefix" ->
          (a, _) -> {
            String prefix = a.bind(name, 1, "prefix").text(0);
            return Value.of(text.startsWith(prefix) ? text.substring(prefix.length()) : text);
          };
      case "removesuffix" ->
          (a, _) -> {
            String suffix = a.bind(name, 1, "suffix").text(0);
            int kept = text.length() - suffix.length();
            return Value.of(text.endsWith(suffix) ? text.substring(0, kept) : text);
          };
      case "replace" ->
          (a, work) -> {
            Arguments.Bound bound = a.bind(name, 2, "old", "new", "count");
            return Value.of(replaced(text, bound.text(0), bound.text(1), bound.whole(2, -1), work));
          };
      case "find" -> (a, _) -> place(text, text.indexOf(a.bind(name, 1, "sub").text(0)));
      case "rfind" -> (a, _) -> place(text, text.lastIndexOf(a.bind(name, 1, "sub").text(0)));
      case "index" ->
          (a, _) -> {
            int at = text.indexOf(a.bind(name, 1, "sub").text(0));
            if (at < 0) {
              throw new JinjaException("substring not found");
            }
            return place(text, at);
          };
      case "count" -> (a, _) -> Value.of(count(text, a.bind(name, 1, "sub").text(0)));
      case "join" -> (a, work) -> join(text, a, work);
      case "ljust" -> (a, work) -> Value.of(padded(text, a, name, 0, work));
      case "rjust" -> (a, work) -> Value.of(padded(text, a, name, 2, work));
      case "center" -> (a, work) -> Value.of(padded(text, a, name, 1, work));
      case "isspace" -> (a, _) -> none(a, name, all(text, Spaces::is));
      case "isalpha" -> (a, _) -> none(a, name, all(text, Character::isLetter));
      case "isdigit" -> (a, _) -> none(a, name, all(text, Letters::isDigit));
      case "isalnum" ->
          (a, _) -> none(a, name, all(text, c -> Character.isLetter(c) || Letters.isDigit(c)));
      case "isascii" -> (a, _) -> none(a, name, Value.of(text.chars().allMatch(c -> c < 0x80)));
      case "isupper" -> (a, _) -> none(a, name, Value.of(Letters.isUpper(text)));
      case "islower" -> (a, _) -> none(a, name, Value.of(Letters.isLower(text)));
      case "format" -> (a, work) -> Value.of(BraceFormat.of(text, a, work));
      default -> {
        if (UNKNOWN.contains(name)) {
          throw new JinjaException("the method '%s' of strings is not known".formatted(name));
        }
        yield null;
      }
    };
  }

  private static Value none(Arguments arguments, String name, String result) {
    return none(arguments, name, Value.of(result));
  }

  private static Value none(Arguments arguments, String name, Value result) {
    arguments.bind(name, 0);
    return result;
  }

  private static Value all(String text, IntPredicate test) {
    return Value.of(!text.isEmpty() && text.codePoints().allMatch(test));
  }

  private static Value strip(String text, Arguments arguments, boolean begin, boolean end) {
    Value chars = arguments.bind("strip", 0, "chars").get(0, Value.None.NONE);
    return Value.of(stripped(text, chars, begin, end));
  }

  /** Without white space, or the given characters, at begin or end. */
  static String stripped(String text, Value chars, boolean begin, boolean end) {
    if (chars instanceof Value.None) {
      return Spaces.strip(text, begin, end);
    }
    if (!(chars instanceof Value.Text(String unwanted))) {
      throw new JinjaException("strip wants a string, not '%s'".formatted(chars.type()));
    }
    Set<Integer> set = Set.copyOf(unwanted.codePoints().boxed().toList());
    int from = 0;
    int to = text.length();
    while (begin && from < to && set.contains(text.codePointAt(from))) {
      from += Character.charCount(text.codePointAt(from));
    }
    while (end && to > from && set.contains(text.codePointBefore(to))) {
      to -= Character.charCount(text.codePointBefore(to));
    }
    return text.substring(from, to);
  }

  private static Value affix(String text, Arguments arguments, String name, boolean begin) {
    Value wanted = arguments.bind(name, 1, "affix").get(0).orElseThrow();
    List<Value> all =
        wanted instanceof Seq seq && seq.kind() == Seq.Kind.TUPLE ? seq.items() : List.of(wanted);
    boolean found = false;
    for (Value one : all) {
      if (!(one instanceof Value.Text(String affix))) {
        throw new JinjaException("%s wants a string, not '%s'".formatted(name, one.type()));
      }
      found |= begin ? text.startsWith(affix) : text.endsWith(affix);
    }
    return Value.of(found);
  }

  /** The number of code points before a place. */
  private static Value place(String text, int at) {
    return Value.of(at < 0 ? -1 : text.codePointCount(0, at));
  }

  private static long count(String text, String part) {
    if (part.isEmpty()) {
      return text.codePointCount(0, text.length()) + 1L;
    }
    long count = 0;
    for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
      count++;
    }
    return count;
  }

  /** With the first occurrences replaced; all where the count is negative. */
  static String replaced(String text, String old, String by, long count, Work work) {
    work.characters(text.length());
    if (count < 0 || count > text.length() + 1L) {
      work.characters(text.length() + count(text, old) * by.length());
      return text.replace(old, by);
    }
    if (old.isEmpty()) {
      throw new JinjaException("replacing nothing a number of times is not known");
    }
    StringBuilder out = new StringBuilder();
    int from = 0;
    for (long i = 0; i < count; i++) {
      int at = text.indexOf(old, from);
      if (at < 0) {
        break;
      }
      work.grow(out.length(), at - from + (long) by.length());
      out.append(text, from, at).append(by);
      from = at + old.length();
    }
    return out.append(text, from, text.length()).toString();
  }

  private static Value join(String between, Arguments arguments, Work work) {
    List<Value> items =
        Sequences.items(arguments.bind("join", 1, "iterable").get(0).orElseThrow(), work);
    List<String> parts = new ArrayList<>();
    for (Value item : items) {
      if (!(item instanceof Value.Text)) {
        throw new JinjaException("join wants strings, not '%s'".formatted(item.type()));
      }
      parts.add(Printed.of(item, work));
    }
    return Value.of(joined(between, parts, work));
  }

  /** Texts with another between them. */
  static String joined(String between, List<String> parts, Work work) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < parts.size(); i++) {
      work.grow(out.length(), (long) between.length() + parts.get(i).length());
      out.append(i > 0 ? between : "").append(parts.get(i));
    }
    return out.toString();
  }

  private static String padded(String text, Arguments arguments, String name, int side, Work work) {
    Arguments.Bound bound = arguments.bind(name, 1, "width", "fillchar");
    return padded(text, bound.whole(0, 0), bound.text(1, " "), side, work);
  }

  /** Filled up to a width: behind (0), on both sides (1), before (2). */
  static String padded(String text, long width, String fill, int side, Work work) {
    long missing = Math.max(0, width - text.codePointCount(0, text.length()));
    work.characters(text.length() + missing * 2);
    if (fill.codePointCount(0, fill.length()) != 1) {
      throw new JinjaException("the fill must be one character");
    }
    int left = (int) (side == 0 ? 0 : side == 2 ? missing : missing / 2 + (missing & width & 1));
    return fill.repeat(left) + text + fill.repeat((int) missing - left);
  }
}
