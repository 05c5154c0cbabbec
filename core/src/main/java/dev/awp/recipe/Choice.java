// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.recipe;

import java.util.Optional;

/**
 * One property of a layer's scheme: there is none, it is given, or a budget decides.
 *
 * @param <T> the property's values
 */
public sealed interface Choice<T> {
  /** Not wanted. */
  record None<T>() implements Choice<T> {}

  /** Given. */
  record Fixed<T>(T value) implements Choice<T> {}

  /** Left to a {@link Budget}. */
  record Budgeted<T>() implements Choice<T> {}

  /** A given value, or none. */
  static <T> Choice<T> of(Optional<T> value) {
    return value.<Choice<T>>map(Fixed::new).orElseGet(None::new);
  }

  /** The value, where it is given. */
  default Optional<T> given() {
    return this instanceof Fixed<T>(T value) ? Optional.of(value) : Optional.empty();
  }

  /** Whether a budget decides. */
  default boolean isBudgeted() {
    return this instanceof Budgeted;
  }
}
