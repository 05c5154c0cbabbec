// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import java.util.function.Supplier;

/** A value that is made when it is first asked for. Not for several threads at a time. */
final class Deferred<T> implements Supplier<T> {
  private Supplier<T> maker;
  private T value;

  Deferred(Supplier<T> maker) {
    this.maker = maker;
  }

  @Override
  public T get() {
    if (value == null) {
      value = maker.get();
      maker = null;
    }
    return value;
  }
}
