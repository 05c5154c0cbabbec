// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.function;

import dev.awp.jinja.value.Dict;
import dev.awp.jinja.value.JinjaException;
import dev.awp.jinja.value.Seq;
import dev.awp.jinja.value.Stream;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What has items: how it is gone through, indexed and cut. */
public final class Sequences {
  private Sequences() {}

  /** The items that Python goes through; JinjaException where it has none. */
  public static List<Value> items(Value value, Work work) {
    return switch (value) {
      case Seq seq -> counted(seq.items(), work);
      case Dict dict -> counted(List.copyOf(dict.entries().sequencedKeySet()), work);
      case Stream stream -> counted(stream.take(), work);
      case Value.Undefined _ -> List.of();
      case Value.Text(String text) -> {
        work.steps(text.length());
        yield text.codePoints().mapToObj(c -> Value.of(Character.toString(c))).toList();
      }
      default -> throw new JinjaException("'%s' object is not iterable".formatted(value.type()));
    };
  }

  private static List<Value> counted(List<Value> items, Work work) {
    work.steps(items.size() / 8);
    return items;
  }

  /** Python's len(), where the value has one. */
  public static Optional<Integer> length(Value value, Work work) {
    return switch (value) {
      case Seq seq -> Optional.of(seq.items().size());
      case Dict dict -> Optional.of(dict.entries().size());
      case Stream stream when stream.isView() -> Optional.of(stream.take().size());
      case Value.Undefined _ -> Optional.of(0);
      case Value.Text text -> {
        work.characters(text.value().length());
        yield Optional.of(text.length());
      }
      default -> Optional.empty();
    };
  }

  /** The item at a place, from the end where the place is negative; empty out of range. */
  static Optional<Value> at(Value value, long place, Work work) {
    if (value instanceof Seq seq) {
      int size = seq.items().size();
      long at = place < 0 ? place + size : place;
      return at < 0 || at >= size ? Optional.empty() : Optional.of(seq.items().get((int) at));
    }
    String text = ((Value.Text) value).value();
    int size = length(value, work).orElseThrow();
    long at = place < 0 ? place + size : place;
    if (at < 0 || at >= size) {
      return Optional.empty();
    }
    int c = text.codePointAt(text.offsetByCodePoints(0, (int) at));
    return Optional.of(Value.of(Character.toString(c)));
  }

  /** Python's value[from:to:step]; None stands for what is left out. */
  public static Value slice(Value value, Value from, Value to, Value step, Work work) {
    if (!(value instanceof Seq) && !(value instanceof Value.Text)) {
      throw new JinjaException("'%s' object has no slices".formatted(value.type()));
    }
    long by = step instanceof Value.None ? 1 : bound(step);
    if (by == 0) {
      throw new JinjaException("slice step cannot be zero");
    }
    int size = length(value, work).orElseThrow();
    long low = by > 0 ? 0 : -1;
    long high = by > 0 ? size : size - 1L;
    long begin = from instanceof Value.None ? (by > 0 ? low : high) : clamp(from, size, low, high);
    long end = to instanceof Value.None ? (by > 0 ? high : low) : clamp(to, size, low, high);
    return value instanceof Seq seq
        ? slice(seq, begin, end, by, work)
        : Value.of(slice(((Value.Text) value).value(), begin, end, by, work));
  }

  private static Seq slice(Seq seq, long begin, long end, long by, Work work) {
    if (by == 1) {
      return new Seq(seq.kind(), seq.items().subList((int) begin, (int) Math.max(begin, end)));
    }
    List<Value> items = new ArrayList<>();
    for (long i = begin; by > 0 ? i < end : i > end; i += by) {
      work.step();
      items.add(seq.items().get((int) i));
    }
    return new Seq(seq.kind(), items);
  }

  private static String slice(String text, long begin, long end, long by, Work work) {
    work.characters(text.length());
    if (by == 1) {
      int first = text.offsetByCodePoints(0, (int) begin);
      int count = (int) Math.max(0, end - begin);
      return text.substring(first, text.offsetByCodePoints(first, count));
    }
    int[] codePoints = text.codePoints().toArray();
    StringBuilder cut = new StringBuilder();
    for (long i = begin; by > 0 ? i < end : i > end; i += by) {
      cut.appendCodePoint(codePoints[(int) i]);
    }
    return cut.toString();
  }

  private static long bound(Value value) {
    return switch (value) {
      case Value.Int(long number) -> Math.clamp(number, -(1L << 40), 1L << 40);
      case Value.Bool(boolean flag) -> flag ? 1 : 0;
      default ->
          throw new JinjaException(
              "slice indices must be integers or None, not '%s'".formatted(value.type()));
    };
  }

  private static long clamp(Value bound, int size, long low, long high) {
    long at = bound(bound);
    return Math.clamp(at < 0 ? at + size : at, low, high);
  }
}
