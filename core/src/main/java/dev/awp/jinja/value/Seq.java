// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.value;

import java.util.List;
import java.util.Locale;

/** A list, a tuple or a range. */
public record Seq(Kind kind, List<Value> items) implements Value {
  /** They hold the same, and differ in print and in comparisons. */
  public enum Kind {
    LIST,
    TUPLE,
    RANGE
  }

  /** The items are not copied: whoever makes a sequence leaves them as they are. */
  public static Seq list(List<? extends Value> items) {
    return new Seq(Kind.LIST, List.copyOf(items));
  }

  public static Seq tuple(Value... items) {
    return new Seq(Kind.TUPLE, List.of(items));
  }

  @Override
  public String type() {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public boolean truth() {
    return !items.isEmpty();
  }
}
