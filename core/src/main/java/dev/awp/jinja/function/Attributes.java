// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.function;

import dev.awp.jinja.value.Arguments;
import dev.awp.jinja.value.Callable;
import dev.awp.jinja.value.Comparisons;
import dev.awp.jinja.value.Dict;
import dev.awp.jinja.value.JinjaException;
import dev.awp.jinja.value.Namespace;
import dev.awp.jinja.value.Seq;
import dev.awp.jinja.value.Special;
import dev.awp.jinja.value.Stream;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Attributes, items and methods of values. What would change a value is not there. */
public final class Attributes {
  private static final Set<String> CHANGING =
      Set.of(
          "append",
          "clear",
          "extend",
          "insert",
          "pop",
          "popitem",
          "remove",
          "reverse",
          "setdefault",
          "sort",
          "update");

  /** Of Python's numbers, which no template uses. */
  private static final Set<String> OF_NUMBERS =
      Set.of(
          "as_integer_ratio",
          "bit_count",
          "bit_length",
          "conjugate",
          "denominator",
          "from_bytes",
          "fromhex",
          "hex",
          "imag",
          "is_integer",
          "numerator",
          "real",
          "to_bytes");

  /** Of Python's generators and views. */
  private static final Set<String> OF_STREAMS =
      Set.of("close", "isdisjoint", "mapping", "send", "throw");

  private Attributes() {}

  /** value.name: Python's attribute, else the entry of a dictionary, else undefined. */
  public static Value attribute(Value value, String name) {
    Comparisons.missing(value);
    if (name.startsWith("__")) {
      throw new JinjaException("the attribute '%s' may not be read".formatted(name));
    }
    return switch (value) {
      case Namespace namespace -> namespace.get(name);
      case Special special -> special.attribute(name);
      case Dict dict ->
          method(dict, name)
              .or(() -> Optional.ofNullable(dict.entries().get(Value.of(name))))
              .orElseGet(() -> undefined(value, name));
      case Seq seq -> method(seq, name).orElseGet(() -> undefined(value, name));
      case Value.Text(String text) ->
          TextMethods.of(text, name)
              .<Value>map(method -> method)
              .orElseGet(() -> undefined(value, name));
      case Value.Int _, Value.Real _, Value.Bool _ when OF_NUMBERS.contains(name) ->
          throw new JinjaException("the attribute '%s' of a number is not known".formatted(name));
      case Stream _ when !OF_STREAMS.contains(name) && !name.startsWith("gi_") ->
          undefined(value, name);
      case Value.Markup _, Stream _, Callable _ ->
          throw new JinjaException(
              "attributes of a value of type %s are not known".formatted(value.type()));
      default -> undefined(value, name);
    };
  }

  private static Value undefined(Value value, String name) {
    return new Value.Undefined("'%s object' has no attribute '%s'".formatted(value.type(), name));
  }

  /** value[index]: an item, else an attribute of that name, else undefined. */
  public static Value item(Value value, Value index, Work work) {
    Comparisons.missing(value);
    Optional<Value> found =
        switch (value) {
          case Dict dict when !(index instanceof Seq) -> entry(dict, index);
          case Seq _, Value.Text _ when index instanceof Value.Int || index instanceof Value.Bool ->
              Sequences.at(value, Comparisons.whole(index), work);
          case Value.Markup _ ->
              throw new JinjaException(
                  "items of a value of type %s are not known".formatted(value.type()));
          default -> Optional.empty();
        };
    if (found.isPresent()) {
      return found.get();
    }
    return index instanceof Value.Text(String name)
        ? attribute(value, name)
        : new Value.Undefined("%s object has no such element".formatted(value.type()));
  }

  /** An entry of a dictionary. */
  static Optional<Value> entry(Dict dict, Value key) {
    boolean numbers = dict.entries().keySet().stream().anyMatch(Value.Int.class::isInstance);
    if (!numbers && (key instanceof Value.Bool || key instanceof Value.Real)) {
      return Optional.empty();
    }
    return key instanceof Value.Undefined
        ? Optional.empty()
        : Optional.ofNullable(dict.entries().get(Dict.key(key)));
  }

  private static Optional<Value> method(Dict dict, String name) {
    Callable method =
        switch (name) {
          case "get" ->
              (arguments, _) -> {
                Arguments.Bound bound = arguments.bind("get", 1, "key", "default");
                Value key = bound.get(0).orElseThrow();
                return entry(dict, key).orElse(bound.get(1, Value.None.NONE));
              };
          case "items" -> (arguments, _) -> view(arguments, "dict_items", pairs(dict));
          case "keys" ->
              (arguments, _) ->
                  view(arguments, "dict_keys", List.copyOf(dict.entries().sequencedKeySet()));
          case "values" ->
              (arguments, _) ->
                  view(arguments, "dict_values", List.copyOf(dict.entries().sequencedValues()));
          case "copy" ->
              (arguments, _) -> {
                arguments.bind("copy", 0);
                return dict;
              };
          case "fromkeys" -> throw new JinjaException("dict.fromkeys is not known");
          default -> null;
        };
    return Optional.<Value>ofNullable(method).or(() -> changing(dict, name));
  }

  /** Key and value of every entry. */
  static List<Value> pairs(Dict dict) {
    List<Value> pairs = new ArrayList<>();
    for (Map.Entry<Value, Value> entry : dict.entries().entrySet()) {
      pairs.add(Seq.tuple(entry.getKey(), entry.getValue()));
    }
    return pairs;
  }

  private static Value view(Arguments arguments, String type, List<Value> items) {
    arguments.bind(type, 0);
    return Stream.view(type, items);
  }

  private static Optional<Value> method(Seq seq, String name) {
    Callable method =
        switch (name) {
          case "index" ->
              (arguments, work) -> {
                Value wanted = arguments.bind("index", 1, "value").get(0).orElseThrow();
                for (int i = 0; i < seq.items().size(); i++) {
                  if (Comparisons.equal(seq.items().get(i), wanted, work)) {
                    return Value.of(i);
                  }
                }
                throw new JinjaException("the value is not in the list");
              };
          case "count" ->
              (arguments, work) -> {
                Value wanted = arguments.bind("count", 1, "value").get(0).orElseThrow();
                return Value.of(
                    seq.items().stream()
                        .filter(item -> Comparisons.equal(item, wanted, work))
                        .count());
              };
          case "copy" ->
              seq.kind() != Seq.Kind.LIST
                  ? null
                  : (arguments, _) -> {
                    arguments.bind("copy", 0);
                    return seq;
                  };
          case "start", "stop", "step" -> {
            if (seq.kind() == Seq.Kind.RANGE) {
              throw new JinjaException("attributes of a range are not known");
            }
            yield null;
          }
          default -> null;
        };
    return Optional.<Value>ofNullable(method)
        .or(() -> seq.kind() == Seq.Kind.LIST ? changing(seq, name) : Optional.empty());
  }

  private static Optional<Value> changing(Value value, String name) {
    boolean list = value instanceof Seq;
    boolean there =
        CHANGING.contains(name)
            && (list
                ? !Set.of("popitem", "setdefault", "update").contains(name)
                : Set.of("clear", "pop", "popitem", "setdefault", "update").contains(name));
    return there
        ? Optional.of(
            new Value.Undefined(
                "'%s' would change a %s, which templates may not".formatted(name, value.type())))
        : Optional.empty();
  }
}
