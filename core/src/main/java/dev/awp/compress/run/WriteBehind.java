// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.run;

import dev.awp.AwpException;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * One thread that waits for the disk, so that the solver need not: little is left to wait for at
 * the end, and a disk that fails is known hours earlier.
 */
final class WriteBehind implements AutoCloseable {
  private final ExecutorService background =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "awp-write-behind");
            thread.setDaemon(true);
            return thread;
          });
  private Optional<Future<?>> last = Optional.empty();

  /** Starts a task when the one before it is done; throws what that one threw. */
  void submit(Runnable task) {
    await();
    last = Optional.of(background.submit(task));
  }

  /** Waits for the last task and throws what it threw. */
  void await() {
    if (last.isEmpty()) {
      return;
    }
    Future<?> running = last.get();
    last = Optional.empty();
    try {
      running.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AwpException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AwpException("interrupted while writing", e);
    }
  }

  /**
   * Lets what is under way come to its end, also where this thread was interrupted: it may save the
   * last layer before the end.
   */
  @Override
  public void close() {
    boolean interrupted = Thread.interrupted();
    background.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
