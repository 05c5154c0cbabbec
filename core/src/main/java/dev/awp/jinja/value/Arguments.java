// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.value;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The arguments of a call: by position and by name. */
public record Arguments(List<Value> positional, Map<String, Value> named) {
  public static final Arguments NONE = new Arguments(List.of(), Map.of());

  public static Arguments of(Value... positional) {
    return new Arguments(List.of(positional), Map.of());
  }

  /**
   * Holds them against a function's parameters.
   *
   * @param required how many of the parameters must be given
   * @throws JinjaException for too many, too few, or an unknown name
   */
  public Bound bind(String function, int required, String... parameters) {
    if (positional.size() > parameters.length) {
      throw new JinjaException(
          "%s takes %s arguments, not %s"
              .formatted(function, parameters.length, positional.size()));
    }
    Value[] bound = positional.toArray(Arrays.copyOf(new Value[0], parameters.length));
    named.forEach(
        (name, value) -> {
          int at = Arrays.asList(parameters).indexOf(name);
          if (at < 0 || at < positional.size()) {
            throw new JinjaException("%s takes no further argument '%s'".formatted(function, name));
          }
          bound[at] = value;
        });
    for (int i = 0; i < required; i++) {
      if (bound[i] == null) {
        throw new JinjaException("%s lacks the argument '%s'".formatted(function, parameters[i]));
      }
    }
    return new Bound(function, bound);
  }

  /** Arguments at the places of their parameters. */
  public static final class Bound {
    private final String function;
    private final Value[] values;

    private Bound(String function, Value[] values) {
      this.function = function;
      this.values = values;
    }

    /** An argument, where it was given. */
    public Optional<Value> get(int place) {
      return Optional.ofNullable(values[place]);
    }

    public Value get(int place, Value fallback) {
      return values[place] == null ? fallback : values[place];
    }

    public long whole(int place, long fallback) {
      return switch (values[place]) {
        case null -> fallback;
        case Value.Int(long value) -> value;
        case Value.Bool(boolean value) -> value ? 1 : 0;
        case Value other -> throw wrong(other, "an integer");
      };
    }

    public boolean flag(int place, boolean fallback) {
      return values[place] == null ? fallback : values[place].truth();
    }

    public String text(int place) {
      if (values[place] instanceof Value.Text(String text)) {
        return text;
      }
      throw wrong(values[place], "a string");
    }

    public String text(int place, String fallback) {
      return values[place] == null ? fallback : text(place);
    }

    private JinjaException wrong(Value given, String wanted) {
      return new JinjaException("%s wants %s, not '%s'".formatted(function, wanted, given.type()));
    }
  }
}
