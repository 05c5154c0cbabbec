// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.function;

import dev.awp.jinja.value.JinjaException;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;
import java.util.ArrayList;
import java.util.List;

/**
 * What filters look at in every item: an attribute, an attribute of an attribute with dots between,
 * or the item itself where there is no path.
 */
record Attribute(List<Value> path) {
  /** From the argument of a filter: None, an integer, or names with dots between. */
  static Attribute of(Value argument) {
    return switch (argument) {
      case Value.None _ -> new Attribute(List.of());
      case Value.Int _ -> new Attribute(List.of(argument));
      case Value.Text(String names) -> {
        List<Value> path = new ArrayList<>();
        for (String name : names.split("\\.", -1)) {
          path.add(name.matches("[0-9]{1,9}") ? Value.of(Long.parseLong(name)) : Value.of(name));
        }
        yield new Attribute(path);
      }
      default ->
          throw new JinjaException(
              "an attribute is named by a string, not '%s'".formatted(argument.type()));
    };
  }

  Value of(Value item, Work work) {
    return of(item, Value.None.NONE, work);
  }

  /** The attribute, or another value where it is not there and that value is not None. */
  Value of(Value item, Value fallback, Work work) {
    Value found = item;
    for (Value part : path) {
      found = Attributes.item(found, part, work);
      if (found instanceof Value.Undefined && !(fallback instanceof Value.None)) {
        found = fallback;
      }
    }
    return found;
  }
}
