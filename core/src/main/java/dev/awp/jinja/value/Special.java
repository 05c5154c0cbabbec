// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.value;

/** What has attributes and nothing else: the state of a loop, a cycler. */
public non-sealed interface Special extends Value {
  /** An attribute; undefined where there is none. */
  Value attribute(String name);

  /** A call of the value itself. */
  default Value call(Arguments arguments, Work work) {
    throw new JinjaException("'%s' object is not callable".formatted(type()));
  }
}
