// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.parallel;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The one place that decides how cores are shared. Native BLAS runs on one thread a call; work is
 * split here, by rows or by independent pieces, and each piece computes the same bytes whichever
 * thread takes it. Results are the same for 1, 2 and 4 threads; other numbers may share a small
 * layer out in other parts ({@link #partRows}), which can change last bits.
 */
public final class Workers implements AutoCloseable {
  /** Parts of a small matrix, which serve 1, 2 and 4 threads alike. */
  private static final int COMMON_PARTS = 4;

  /** Rows from which on every thread takes one part, as large as can be. */
  private static final int LARGE = 2048;

  /** At multiples of so many rows OpenBLAS's kernels give the bytes of the undivided product. */
  private static final int TILE = 48;

  /** Rows of the largest part: bounds the memory of what a part needs beside its rows. */
  private static final int LARGEST_PART = 86 * TILE;

  /** Below, what a part costs beside its rows shows. */
  private static final int SMALLEST_PART = 64;

  private final int threads;
  private final ExecutorService executor;

  /** A pool of that many threads, the calling thread included. */
  public Workers(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("at least one thread is needed, not " + threads);
    }
    this.threads = threads;
    AtomicInteger serial = new AtomicInteger();
    this.executor =
        Executors.newFixedThreadPool(
            Math.max(1, threads - 1),
            task -> {
              Thread thread = new Thread(task, "awp-worker-" + serial.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
  }

  public int threads() {
    return threads;
  }

  /**
   * Rows of one part where each thread takes parts of a matrix through products with a large right
   * operand: as many as possible, for every product packs that operand anew.
   *
   * <p>A row must be the same bytes in the parts of 1, 2 and 4 threads. Small matrices therefore
   * have the same four parts; large ones have one part a thread, of whole tiles of OpenBLAS's
   * kernels (docs/decisions/0004-openblas.md).
   */
  public int partRows(int rows) {
    if (rows < LARGE) {
      return Math.max(SMALLEST_PART, evenPart(rows, LARGE));
    }
    int parts = Math.ceilDiv(rows, LARGEST_PART * threads) * threads;
    return Math.ceilDiv(Math.ceilDiv(rows, parts), TILE) * TILE;
  }

  /** How many {@linkplain #partRows parts} of a matrix are worked on at the same time. */
  public int partsAtOnce(int rows) {
    return Math.min(threads, Math.ceilDiv(rows, partRows(rows)));
  }

  /**
   * Indices of one part of n where parts are of the same work: {@code most} or hardly more, and
   * four parts or a multiple, which are the same for 1, 2 and 4 threads and keep them busy to the
   * end; for other numbers of threads as many parts as those, or a multiple.
   */
  public int evenPart(int n, int most) {
    int lanes = COMMON_PARTS % threads == 0 ? COMMON_PARTS : threads;
    int parts = lanes * Math.max(1, Math.ceilDiv(n, lanes * most));
    return Math.max(1, Math.ceilDiv(Math.ceilDiv(n, parts), 16)) * 16;
  }

  /**
   * Rows that have to stay together, aligned, where a product takes some rows of a matrix and
   * leaves others out: then every number of threads gives a row the same bytes, as with {@link
   * #partRows}.
   */
  public int rowsTogether(int rows) {
    return rows < LARGE ? 1 : TILE;
  }

  /** Work on the half-open range [from, to). */
  @FunctionalInterface
  public interface RangeTask {
    void run(int from, int to);
  }

  /**
   * Runs the task on consecutive blocks of [0, n), each of {@code block} indices but the last, on
   * all threads; returns when all are done. The first failure of a task is thrown here after the
   * others have ended. Not for use from inside a task: all threads might wait for each other.
   */
  public void forEachBlock(int n, int block, RangeTask task) {
    if (block < 1) {
      throw new IllegalArgumentException("block of " + block);
    }
    int blocks = Math.ceilDiv(n, block);
    AtomicInteger next = new AtomicInteger();
    Runnable drain =
        () -> {
          for (int b = next.getAndIncrement(); b < blocks; b = next.getAndIncrement()) {
            int from = b * block;
            task.run(from, Math.min(n, from + block));
          }
        };
    int helpers = Math.min(threads, blocks) - 1;
    List<Future<?>> running = new ArrayList<>();
    for (int i = 0; i < helpers; i++) {
      running.add(executor.submit(drain));
    }
    Throwable failure = null;
    try {
      drain.run();
    } catch (RuntimeException | Error e) {
      next.set(blocks);
      failure = e;
    }
    // Whatever happened here, memory that the others use may be freed by our caller: wait for them.
    for (Future<?> future : running) {
      failure = await(future, failure);
    }
    switch (failure) {
      case null -> {}
      case Error error -> throw error;
      case RuntimeException exception -> throw exception;
      default -> throw new IllegalStateException(failure);
    }
  }

  /** Waits for a helper to end; returns the earlier failure, or else the helper's own. */
  private static Throwable await(Future<?> future, Throwable earlier) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          future.get();
          return earlier;
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          return earlier == null ? e.getCause() : earlier;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
