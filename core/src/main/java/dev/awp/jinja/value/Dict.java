// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.value;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/** A dictionary in the order of its making. Keys are strings, integers or None. */
public record Dict(SequencedMap<Value, Value> entries) implements Value {
  public Dict {
    entries = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(entries));
  }

  /** A dictionary with the names of Java strings. */
  public static Dict of(Map<String, Value> entries) {
    SequencedMap<Value, Value> made = new LinkedHashMap<>();
    entries.forEach((name, value) -> made.put(Value.of(name), value));
    return new Dict(made);
  }

  /**
   * A value as a key.
   *
   * @throws JinjaException where Python refuses it, or where keys that are the same to Python (True
   *     and 1, 1.0 and 1) could be mixed up
   */
  public static Value key(Value value) {
    return switch (value) {
      case Text _, Int _, None _ -> value;
      case Bool _, Real _ ->
          throw new JinjaException("a key of type %s is not known".formatted(value.type()));
      case Seq seq when seq.kind() != Seq.Kind.LIST ->
          throw new JinjaException("a key of type %s is not known".formatted(value.type()));
      default -> throw new JinjaException("unhashable type: '%s'".formatted(value.type()));
    };
  }

  @Override
  public boolean truth() {
    return !entries.isEmpty();
  }
}
