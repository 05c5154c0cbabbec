// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.value;

/** What can be called: a function, a macro, a method of a value. */
@FunctionalInterface
public non-sealed interface Callable extends Value {
  Value call(Arguments arguments, Work work);

  @Override
  default String type() {
    return "function";
  }
}
