// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.function;

import dev.awp.jinja.value.Arguments;
import dev.awp.jinja.value.Callable;
import dev.awp.jinja.value.Dict;
import dev.awp.jinja.value.JinjaException;
import dev.awp.jinja.value.Namespace;
import dev.awp.jinja.value.Printed;
import dev.awp.jinja.value.Seq;
import dev.awp.jinja.value.Special;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** Functions that every template can call. */
public final class Functions {
  private static final int LONGEST_RANGE = 100_000;

  private Functions() {}

  /**
   * The functions by name.
   *
   * @param now what strftime_now tells
   */
  public static Map<String, Value> all(LocalDateTime now) {
    Map<String, Callable> all =
        Map.of(
            "range",
            Functions::range,
            "dict",
            (arguments, work) -> dict("dict", arguments, work),
            "namespace",
            Functions::namespace,
            "cycler",
            (arguments, _) -> new Cycler(arguments.positional()),
            "joiner",
            Functions::joiner,
            "lipsum",
            (_, _) -> unknown("lipsum"),
            "raise_exception",
            Functions::raise,
            "strftime_now",
            (arguments, _) ->
                Value.of(TimeFormat.of(arguments.bind("strftime_now", 1, "format").text(0), now)));
    return Map.copyOf(all);
  }

  private static Value unknown(String name) {
    throw new JinjaException("the function '%s' is not known".formatted(name));
  }

  private static Value range(Arguments arguments, Work work) {
    Arguments.Bound bound = arguments.bind("range", 1, "start", "stop", "step");
    boolean one = arguments.positional().size() == 1;
    long from = one ? 0 : bound.whole(0, 0);
    long to = bound.whole(one ? 0 : 1, 0);
    long step = bound.whole(2, 1);
    if (step == 0) {
      throw new JinjaException("range() arg 3 must not be zero");
    }
    List<Value> items = new ArrayList<>();
    for (long i = from; step > 0 ? i < to : i > to; i = Math.addExact(i, step)) {
      work.step();
      items.add(Value.of(i));
      if (items.size() > LONGEST_RANGE) {
        throw new JinjaException("Range too big. The sandbox blocks ranges larger than 100000.");
      }
    }
    return new Seq(Seq.Kind.RANGE, items);
  }

  private static Dict dict(String name, Arguments arguments, Work work) {
    SequencedMap<Value, Value> entries = new LinkedHashMap<>();
    if (arguments.positional().size() > 1) {
      throw new JinjaException("%s takes one argument by position".formatted(name));
    }
    for (Value given : arguments.positional()) {
      if (given instanceof Dict dict) {
        entries.putAll(dict.entries());
        continue;
      }
      for (Value item : Sequences.items(given, work)) {
        List<Value> pair = Sequences.items(item, work);
        if (pair.size() != 2) {
          throw new JinjaException("%s wants pairs".formatted(name));
        }
        entries.put(Dict.key(pair.getFirst()), pair.getLast());
      }
    }
    arguments.named().forEach((key, value) -> entries.put(Value.of(key), value));
    work.steps(entries.size());
    return new Dict(entries);
  }

  private static Value namespace(Arguments arguments, Work work) {
    Namespace namespace = new Namespace();
    dict("namespace", arguments, work)
        .entries()
        .forEach(
            (key, value) -> {
              if (!(key instanceof Value.Text(String name))) {
                throw new JinjaException("attributes of a namespace are named by strings");
              }
              namespace.set(name, value);
            });
    return namespace;
  }

  private static Value raise(Arguments arguments, Work work) {
    Value message = arguments.bind("raise_exception", 1, "message").get(0).orElseThrow();
    throw new JinjaException("the template refuses the messages: " + Printed.of(message, work));
  }

  private static Value joiner(Arguments arguments, Work work) {
    Value between = arguments.bind("joiner", 0, "sep").get(0, Value.of(", "));
    work.step();
    boolean[] used = {false};
    return (Callable)
        (_, _) -> {
          Value result = used[0] ? between : Value.of("");
          used[0] = true;
          return result;
        };
  }

  /** Gives its items one after the other, without end. */
  private static final class Cycler implements Special {
    private final List<Value> items;
    private int place;

    Cycler(List<Value> items) {
      if (items.isEmpty()) {
        throw new JinjaException("at least one item has to be provided");
      }
      this.items = List.copyOf(items);
    }

    @Override
    public Value attribute(String name) {
      return switch (name) {
        case "current" -> items.get(place);
        case "next" ->
            (Callable)
                (_, _) -> {
                  Value current = items.get(place);
                  place = (place + 1) % items.size();
                  return current;
                };
        case "reset" ->
            (Callable)
                (_, _) -> {
                  place = 0;
                  return Value.None.NONE;
                };
        default -> unknown("cycler." + name);
      };
    }
  }
}
