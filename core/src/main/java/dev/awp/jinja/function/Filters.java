// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.function;

import dev.awp.jinja.value.Arguments;
import dev.awp.jinja.value.JinjaException;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;
import java.util.HashMap;
import java.util.Map;

/** All filters by name. */
public final class Filters {
  private static final Map<String, Filter> ALL = all();

  private Filters() {}

  private static Map<String, Filter> all() {
    Map<String, Filter> all = new HashMap<>(TextFilters.all());
    all.putAll(SequenceFilters.all());
    all.putAll(ChoiceFilters.all());
    all.putAll(NumberFilters.all());
    return Map.copyOf(all);
  }

  /**
   * Applies a filter.
   *
   * @throws JinjaException where it refuses the value, or is not known
   */
  public static Value apply(String name, Value input, Arguments arguments, Work work) {
    Filter filter = ALL.get(name);
    if (filter == null) {
      throw new JinjaException("the filter '%s' is not known".formatted(name));
    }
    return filter.apply(input, arguments, work);
  }
}
