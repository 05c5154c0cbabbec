// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.value;

import java.util.HashMap;
import java.util.Map;

/** The one value that a template can change: its attributes outlive the loop that sets them. */
public final class Namespace implements Value {
  private final Map<String, Value> attributes = new HashMap<>();

  /** An attribute; undefined where it was never set. */
  public Value get(String name) {
    Value found = attributes.get(name);
    return found == null
        ? new Undefined("'Namespace object' has no attribute '%s'".formatted(name))
        : found;
  }

  /** Sets an attribute; names that begin with an underscore are refused, as transformers does. */
  public void set(String name, Value value) {
    if (name.startsWith("_")) {
      throw new JinjaException(
          "a namespace has no attribute that begins with an underscore: '%s'".formatted(name));
    }
    attributes.put(name, value);
  }
}
