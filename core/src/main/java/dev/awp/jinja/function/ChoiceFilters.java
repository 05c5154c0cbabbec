// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.function;

import dev.awp.jinja.value.Arguments;
import dev.awp.jinja.value.Dict;
import dev.awp.jinja.value.JinjaException;
import dev.awp.jinja.value.Stream;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Filters that choose: a value or another, items that pass a test, what a filter makes of each. */
final class ChoiceFilters {
  private ChoiceFilters() {}

  static Map<String, Filter> all() {
    return Map.of(
        "default",
        ChoiceFilters::fallback,
        "d",
        ChoiceFilters::fallback,
        "attr",
        ChoiceFilters::attribute,
        "map",
        ChoiceFilters::map,
        "select",
        (v, a, w) -> select(v, a, w, false, true),
        "reject",
        (v, a, w) -> select(v, a, w, false, false),
        "selectattr",
        (v, a, w) -> select(v, a, w, true, true),
        "rejectattr",
        (v, a, w) -> select(v, a, w, true, false));
  }

  private static Value fallback(Value value, Arguments arguments, Work work) {
    Arguments.Bound bound = arguments.bind("default", 0, "default_value", "boolean");
    work.step();
    boolean missing = value instanceof Value.Undefined || (bound.flag(1, false) && !value.truth());
    return missing ? bound.get(0, Value.of("")) : value;
  }

  private static Value attribute(Value value, Arguments arguments, Work work) {
    String name = arguments.bind("attr", 1, "name").text(0);
    work.step();
    if (value instanceof Dict) {
      throw new JinjaException("attr of a dict is not known");
    }
    return Attributes.attribute(value, name);
  }

  private static Value map(Value value, Arguments arguments, Work work) {
    List<Value> made = new ArrayList<>();
    if (arguments.positional().isEmpty()) {
      Arguments.Bound bound = arguments.bind("map", 1, "attribute", "default");
      Attribute attribute = Attribute.of(bound.get(0).orElseThrow());
      Value fallback = bound.get(1, Value.None.NONE);
      for (Value item : items(value, work)) {
        made.add(attribute.of(item, fallback, work));
      }
    } else {
      String filter = name(arguments, 0);
      Arguments rest = rest(arguments, 1);
      for (Value item : items(value, work)) {
        made.add(Filters.apply(filter, item, rest, work));
      }
    }
    return Stream.generator(made);
  }

  /** The items; none where the value is empty, be it None. */
  private static List<Value> items(Value value, Work work) {
    return value.truth() ? Sequences.items(value, work) : List.of();
  }

  private static String name(Arguments arguments, int place) {
    if (arguments.positional().get(place) instanceof Value.Text(String name)) {
      return name;
    }
    throw new JinjaException("a filter or test is named by a string");
  }

  private static Arguments rest(Arguments arguments, int from) {
    List<Value> all = arguments.positional();
    return new Arguments(all.subList(from, all.size()), new HashMap<>(arguments.named()));
  }

  private static Value select(
      Value value, Arguments arguments, Work work, boolean attributes, boolean wanted) {
    int names = attributes ? 1 : 0;
    if (arguments.positional().size() < names) {
      throw new JinjaException("Missing parameter for attribute name");
    }
    Attribute attribute =
        Attribute.of(attributes ? arguments.positional().getFirst() : Value.None.NONE);
    Predicate<Value> test = Value::truth;
    if (arguments.positional().size() > names) {
      String name = name(arguments, names);
      Arguments rest = rest(arguments, names + 1);
      test = item -> Tests.holds(name, item, rest, work);
    }
    List<Value> kept = new ArrayList<>();
    for (Value item : items(value, work)) {
      work.step();
      if (test.test(attribute.of(item, work)) == wanted) {
        kept.add(item);
      }
    }
    return Stream.generator(kept);
  }
}
