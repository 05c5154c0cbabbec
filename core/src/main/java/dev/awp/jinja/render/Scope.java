// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.render;

import dev.awp.jinja.value.Value;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Variables, and those of the scope around. What is set goes with its scope. */
final class Scope {
  private final Optional<Scope> outer;
  private final Map<String, Value> variables;

  private Scope(Optional<Scope> outer, Map<String, Value> variables) {
    this.outer = outer;
    this.variables = variables;
  }

  Scope(Map<String, Value> variables) {
    this(Optional.empty(), variables);
  }

  Scope inner() {
    return new Scope(Optional.of(this), new HashMap<>());
  }

  void set(String name, Value value) {
    variables.put(name, value);
  }

  Value get(String name) {
    for (Optional<Scope> scope = Optional.of(this); scope.isPresent(); scope = scope.get().outer) {
      Value found = scope.get().variables.get(name);
      if (found != null) {
        return found;
      }
    }
    return new Value.Undefined("'%s' is undefined".formatted(name));
  }
}
