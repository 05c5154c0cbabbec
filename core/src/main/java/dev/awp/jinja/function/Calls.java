// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.function;

import dev.awp.jinja.value.Arguments;
import dev.awp.jinja.value.Callable;
import dev.awp.jinja.value.Comparisons;
import dev.awp.jinja.value.JinjaException;
import dev.awp.jinja.value.Special;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;

/** Calls of values. */
public final class Calls {
  private Calls() {}

  /** Calls a function, a macro, a method, or what has a call of its own. */
  public static Value call(Value target, Arguments arguments, Work work) {
    Comparisons.missing(target);
    return switch (target) {
      case Callable callable -> callable.call(arguments, work);
      case Special special -> special.call(arguments, work);
      default -> throw new JinjaException("'%s' object is not callable".formatted(target.type()));
    };
  }
}
