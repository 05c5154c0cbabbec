// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.parallel;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

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

  /** The calling thread alone. */
  public static final Workers CALLER_ALONE = new Workers(1);

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
   * all threads that are free; returns when all are done. The first failure of a task ends the work
   * and is thrown here after the blocks that were begun have ended.
   */
  public void forEachBlock(int n, int block, RangeTask task) {
    forEachShare(n, block, share -> share.forEach(task));
  }

  /** The same for each index by itself. */
  public void forEachIndex(int n, int block, IntConsumer task) {
    forEachBlock(
        n,
        block,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            task.accept(i);
          }
        });
  }

  /** Work on the half-open range [from, to), with what the thread has for itself. */
  @FunctionalInterface
  public interface ScratchTask<T> {
    void run(int from, int to, T scratch);
  }

  /** The same; every thread has one of the pool for all of its blocks. */
  public <T> void forEachBlock(int n, int block, Pool<T> pool, ScratchTask<? super T> task) {
    forEachShare(
        n,
        block,
        share -> pool.use(scratch -> share.forEach((from, to) -> task.run(from, to, scratch))));
  }

  /** The blocks that fall to one thread, one after the other. */
  private interface Share {
    void forEach(RangeTask task);
  }

  private void forEachShare(int n, int block, Consumer<Share> worker) {
    if (block < 1) {
      throw new IllegalArgumentException("block of " + block);
    }
    int blocks = Math.ceilDiv(n, block);
    AtomicInteger next = new AtomicInteger();
    Share share =
        task -> {
          for (int b = next.getAndIncrement(); b < blocks; b = next.getAndIncrement()) {
            int from = b * block;
            task.run(from, Math.min(n, from + block));
          }
        };
    Team team =
        new Team(
            () -> {
              if (next.get() < blocks) {
                worker.accept(share);
              }
            },
            () -> next.set(blocks));
    for (int i = 1; i < Math.min(threads, blocks); i++) {
      executor.execute(team);
    }
    team.run();
    team.end();
  }

  /**
   * Runs two tasks at the same time: one on a single thread, while what the other one shares out is
   * done by those that are left. Returns when both are done; a failure is thrown here then.
   *
   * @param side must not use these workers
   * @param main runs on the calling thread
   */
  public void beside(Runnable side, Runnable main) {
    if (threads == 1) {
      side.run();
      main.run();
      return;
    }
    AtomicBoolean begun = new AtomicBoolean();
    Team team =
        new Team(
            () -> {
              if (begun.compareAndSet(false, true)) {
                side.run();
              }
            },
            () -> {});
    Future<?> running = executor.submit(team);
    try {
      main.run();
    } catch (RuntimeException | Error e) {
      begun.set(true);
      running.cancel(true);
      team.fail(e);
    }
    // All threads may have been busy all the time.
    team.run();
    team.end();
  }

  /**
   * Threads that work together until the one that called them ends it: it waits for those that are
   * at work, for memory that they use may be freed then, and not for those that were busy elsewhere
   * and come too late.
   */
  private static final class Team implements Runnable {
    private final Runnable work;
    private final Runnable stop;
    private int active;
    private boolean ended;
    private Throwable failure;

    /**
     * A team without members.
     *
     * @param work what every member does
     * @param stop makes the others find nothing more to do
     */
    private Team(Runnable work, Runnable stop) {
      this.work = work;
      this.stop = stop;
    }

    @Override
    public void run() {
      synchronized (this) {
        if (ended) {
          return;
        }
        active++;
      }
      try {
        work.run();
      } catch (RuntimeException | Error e) {
        stop.run();
        fail(e);
      } finally {
        synchronized (this) {
          active--;
          notifyAll();
        }
      }
    }

    private synchronized void fail(Throwable e) {
      failure = failure == null ? e : failure;
    }

    /** Waits for all who are at work, and throws what the first of them failed with. */
    private synchronized void end() {
      ended = true;
      boolean interrupted = false;
      while (active > 0) {
        try {
          wait();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      if (failure instanceof Error error) {
        throw error;
      }
      if (failure instanceof RuntimeException exception) {
        throw exception;
      }
    }
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
