// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.function;

import dev.awp.jinja.value.Arguments;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;

/** A filter: a value in, a value out. */
@FunctionalInterface
interface Filter {
  Value apply(Value input, Arguments arguments, Work work);
}
