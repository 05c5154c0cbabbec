// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.function;

import dev.awp.jinja.value.Arguments;
import dev.awp.jinja.value.Comparisons;
import dev.awp.jinja.value.Dict;
import dev.awp.jinja.value.JinjaException;
import dev.awp.jinja.value.Printed;
import dev.awp.jinja.value.Seq;
import dev.awp.jinja.value.Stream;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Filters of what has items. */
final class SequenceFilters {
  private SequenceFilters() {}

  static Map<String, Filter> all() {
    return Map.ofEntries(
        Map.entry("length", SequenceFilters::length),
        Map.entry("count", SequenceFilters::length),
        Map.entry("list", (v, a, w) -> Seq.list(items("list", v, a, w))),
        Map.entry("first", SequenceFilters::first),
        Map.entry("last", SequenceFilters::last),
        Map.entry("reverse", SequenceFilters::reverse),
        Map.entry("items", SequenceFilters::pairs),
        Map.entry("dictsort", SequenceFilters::dictSort),
        Map.entry("sort", SequenceFilters::sort),
        Map.entry("unique", SequenceFilters::unique),
        Map.entry("min", (v, a, w) -> extreme(v, a, w, -1)),
        Map.entry("max", (v, a, w) -> extreme(v, a, w, 1)),
        Map.entry("batch", SequenceFilters::batch));
  }

  private static List<Value> items(String name, Value value, Arguments arguments, Work work) {
    arguments.bind(name, 0);
    return Sequences.items(value, work);
  }

  private static Value length(Value value, Arguments arguments, Work work) {
    arguments.bind("length", 0);
    return Value.of(
        Sequences.length(value, work)
            .orElseThrow(
                () ->
                    new JinjaException(
                        "object of type '%s' has no len()".formatted(value.type()))));
  }

  private static Value first(Value value, Arguments arguments, Work work) {
    List<Value> items = items("first", value, arguments, work);
    return items.isEmpty()
        ? new Value.Undefined("No first item, sequence was empty.")
        : items.getFirst();
  }

  private static Value last(Value value, Arguments arguments, Work work) {
    if (value instanceof Stream stream && !stream.isView()) {
      throw new JinjaException("'generator' object is not reversible");
    }
    List<Value> items = items("last", value, arguments, work);
    return items.isEmpty()
        ? new Value.Undefined("No last item, sequence was empty.")
        : items.getLast();
  }

  private static Value reverse(Value value, Arguments arguments, Work work) {
    if (value instanceof Value.Text) {
      arguments.bind("reverse", 0);
      return Sequences.slice(value, Value.None.NONE, Value.None.NONE, Value.of(-1), work);
    }
    return Stream.generator(items("reverse", value, arguments, work).reversed());
  }

  private static Value pairs(Value value, Arguments arguments, Work work) {
    arguments.bind("items", 0);
    work.step();
    return switch (value) {
      case Dict dict -> Stream.generator(Attributes.pairs(dict));
      case Value.Undefined _ -> Stream.generator(List.of());
      default -> throw new JinjaException("Can only get item pairs from a mapping.");
    };
  }

  /** What is compared: text in lower case, unless case counts. */
  private static Value key(Value value, boolean cased, Work work) {
    return !cased && value instanceof Value.Text
        ? Value.of(Letters.lower(Printed.of(value, work)))
        : value;
  }

  private static Value dictSort(Value value, Arguments arguments, Work work) {
    Arguments.Bound bound = arguments.bind("dictsort", 0, "case_sensitive", "by", "reverse");
    if (!(value instanceof Dict dict)) {
      throw new JinjaException("dictsort wants a dict, not '%s'".formatted(value.type()));
    }
    int by = List.of("key", "value").indexOf(bound.text(1, "key"));
    if (by < 0) {
      throw new JinjaException("You can only sort by either \"key\" or \"value\"");
    }
    boolean cased = bound.flag(0, false);
    return sorted(
        Attributes.pairs(dict),
        (a, b) ->
            Comparisons.order(
                key(((Seq) a).items().get(by), cased, work),
                key(((Seq) b).items().get(by), cased, work),
                work),
        bound.flag(2, false));
  }

  /** Equal items keep their order, in the reverse too. */
  private static Value sorted(List<Value> items, Comparator<Value> order, boolean reverse) {
    List<Value> sorted = new ArrayList<>(items);
    sorted.sort(reverse ? order.reversed() : order);
    return Seq.list(sorted);
  }

  private static Value sort(Value value, Arguments arguments, Work work) {
    Arguments.Bound bound = arguments.bind("sort", 0, "reverse", "case_sensitive", "attribute");
    Value named = bound.get(2, Value.None.NONE);
    if (named instanceof Value.Text(String names) && names.contains(",")) {
      throw new JinjaException("sort by several attributes is not known");
    }
    Attribute attribute = Attribute.of(named);
    boolean cased = bound.flag(1, false);
    return sorted(
        Sequences.items(value, work),
        (a, b) ->
            Comparisons.order(
                key(attribute.of(a, work), cased, work),
                key(attribute.of(b, work), cased, work),
                work),
        bound.flag(0, false));
  }

  private static Value unique(Value value, Arguments arguments, Work work) {
    Arguments.Bound bound = arguments.bind("unique", 0, "case_sensitive", "attribute");
    Attribute attribute = Attribute.of(bound.get(1, Value.None.NONE));
    List<Value> seen = new ArrayList<>();
    List<Value> kept = new ArrayList<>();
    for (Value item : Sequences.items(value, work)) {
      Value key = key(attribute.of(item, work), bound.flag(0, false), work);
      if (seen.stream().noneMatch(other -> Comparisons.equal(other, key, work))) {
        seen.add(key);
        kept.add(item);
      }
    }
    return Stream.generator(kept);
  }

  private static Value extreme(Value value, Arguments arguments, Work work, int sign) {
    Arguments.Bound bound = arguments.bind("min", 0, "case_sensitive", "attribute");
    Attribute attribute = Attribute.of(bound.get(1, Value.None.NONE));
    boolean cased = bound.flag(0, false);
    List<Value> items = Sequences.items(value, work);
    if (items.isEmpty()) {
      return new Value.Undefined("No aggregated item, sequence was empty.");
    }
    Value best = items.getFirst();
    for (Value item : items.subList(1, items.size())) {
      Value key = key(attribute.of(item, work), cased, work);
      Value bestKey = key(attribute.of(best, work), cased, work);
      if (Comparisons.order(key, bestKey, work) * sign > 0) {
        best = item;
      }
    }
    return best;
  }

  private static Value batch(Value value, Arguments arguments, Work work) {
    Arguments.Bound bound = arguments.bind("batch", 1, "linecount", "fill_with");
    long size = bound.whole(0, 1);
    Value fill = bound.get(1, Value.None.NONE);
    if (size < 1) {
      throw new JinjaException("batch wants one item or more");
    }
    List<Value> batches = new ArrayList<>();
    List<Value> current = new ArrayList<>();
    for (Value item : Sequences.items(value, work)) {
      if (current.size() == size) {
        batches.add(Seq.list(current));
        current = new ArrayList<>();
      }
      current.add(item);
    }
    if (!current.isEmpty()) {
      while (!(fill instanceof Value.None) && current.size() < size) {
        work.step();
        current.add(fill);
      }
      batches.add(Seq.list(current));
    }
    return Stream.generator(batches);
  }
}
