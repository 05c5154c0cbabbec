// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.parallel;

import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What threads need for themselves while they work, such as scratch memory: made as often as it is
 * in use at the same time, and used again. A page of memory that is touched for the first time can
 * cost more than what is computed on it.
 */
public final class Pool<T> {
  private final Supplier<? extends T> make;
  private final Queue<T> idle = new ConcurrentLinkedQueue<>();

  /**
   * An empty pool.
   *
   * @param make called by whichever thread finds nothing idle
   */
  public Pool(Supplier<? extends T> make) {
    this.make = make;
  }

  /** Gives the action one for its own use, in the state that its last use left it in. */
  public void use(Consumer<? super T> action) {
    T own = Objects.requireNonNullElseGet(idle.poll(), make);
    try {
      action.accept(own);
    } finally {
      idle.add(own);
    }
  }
}
