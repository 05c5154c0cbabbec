// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.parallel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class WorkersTest {
  @Test
  void everyIndexIsDoneOnce() {
    for (int threads : new int[] {1, 2, 5}) {
      try (Workers workers = new Workers(threads)) {
        for (int n : new int[] {0, 1, 7, 64, 1000}) {
          for (int block : new int[] {1, 3, 64, 2000}) {
            AtomicIntegerArray done = new AtomicIntegerArray(n);
            workers.forEachBlock(
                n,
                block,
                (from, to) -> {
                  assertEquals(0, from % block);
                  assertTrue(to - from <= block && to <= n);
                  for (int i = from; i < to; i++) {
                    done.incrementAndGet(i);
                  }
                });
            for (int i = 0; i < n; i++) {
              assertEquals(1, done.get(i));
            }
          }
        }
      }
    }
  }

  @Test
  void failureIsThrownAfterAllHaveEnded() {
    try (Workers workers = new Workers(4)) {
      for (int bad : new int[] {0, 3, 9}) {
        AtomicInteger running = new AtomicInteger();
        RuntimeException failure = new IllegalStateException("no");
        RuntimeException thrown =
            assertThrows(
                RuntimeException.class,
                () ->
                    workers.forEachBlock(
                        10,
                        1,
                        (from, to) -> {
                          running.incrementAndGet();
                          try {
                            if (from == bad) {
                              throw failure;
                            }
                            Thread.onSpinWait();
                          } finally {
                            running.decrementAndGet();
                          }
                        }));
        assertSame(failure, thrown);
        assertEquals(0, running.get());
      }
    }
  }

  @Test
  void errorsReachTheCaller() {
    try (Workers workers = new Workers(2)) {
      assertThrows(
          StackOverflowError.class,
          () ->
              workers.forEachBlock(
                  8,
                  1,
                  (from, to) -> {
                    throw new StackOverflowError("deep");
                  }));
      AtomicInteger sum = new AtomicInteger();
      workers.forEachBlock(8, 1, (from, to) -> sum.addAndGet(from));
      assertEquals(28, sum.get());
    }
  }

  @Test
  void tasksMayShareOutWorkThemselves() {
    try (Workers workers = new Workers(3)) {
      AtomicIntegerArray done = new AtomicIntegerArray(64);
      workers.forEachBlock(
          8,
          1,
          (outer, end) ->
              workers.forEachBlock(8, 3, (from, to) -> addOne(done, 8 * outer + from, to - from)));
      for (int i = 0; i < 64; i++) {
        assertEquals(1, done.get(i));
      }
    }
  }

  private static void addOne(AtomicIntegerArray done, int from, int count) {
    for (int i = from; i < from + count; i++) {
      done.incrementAndGet(i);
    }
  }

  /** What a thread had once, it or another one has again; never two at the same time. */
  @Test
  void aThreadHasScratchOfItsOwn() {
    try (Workers workers = new Workers(3)) {
      AtomicInteger made = new AtomicInteger();
      Pool<AtomicBoolean> pool =
          new Pool<>(
              () -> {
                made.incrementAndGet();
                return new AtomicBoolean();
              });
      AtomicInteger sum = new AtomicInteger();
      for (int i = 0; i < 50; i++) {
        workers.forEachBlock(
            10,
            1,
            pool,
            (from, to, busy) -> {
              assertTrue(busy.compareAndSet(false, true));
              sum.addAndGet(from);
              busy.set(false);
            });
      }
      assertEquals(50 * 45, sum.get());
      assertTrue(made.get() <= 3, made + " were made for 3 threads");
    }
  }

  @Test
  void scratchComesBackFromATaskThatFails() {
    try (Workers workers = new Workers(1)) {
      AtomicInteger made = new AtomicInteger();
      Pool<Integer> pool = new Pool<>(made::incrementAndGet);
      Workers.ScratchTask<Integer> failing =
          (from, to, scratch) -> {
            throw new IllegalStateException("no");
          };
      assertThrows(IllegalStateException.class, () -> workers.forEachBlock(1, 1, pool, failing));
      workers.forEachBlock(1, 1, pool, (from, to, scratch) -> assertEquals(1, scratch));
    }
  }

  @Test
  void twoTasksRunBesideEachOther() {
    for (int threads : new int[] {1, 2, 4}) {
      try (Workers workers = new Workers(threads)) {
        AtomicReference<Thread> side = new AtomicReference<>();
        AtomicInteger sum = new AtomicInteger();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch shared = new CountDownLatch(threads > 1 ? 1 : 0);
        workers.beside(
            () -> {
              side.set(Thread.currentThread());
              begun.countDown();
              // A thread that is busy beside is not waited for, or this would never end.
              await(shared);
              sum.addAndGet(100);
            },
            () -> {
              await(begun);
              workers.forEachBlock(8, 1, (from, to) -> sum.addAndGet(from));
              shared.countDown();
            });
        assertEquals(128, sum.get());
        assertEquals(threads == 1, side.get() == Thread.currentThread());
      }
    }
  }

  /** All threads are busy: who waits for the task beside does it. */
  @Test
  void whatNobodyTakesIsDoneByTheCaller() {
    try (Workers workers = new Workers(2)) {
      AtomicInteger done = new AtomicInteger();
      CountDownLatch inner = new CountDownLatch(1);
      workers.beside(
          () -> await(inner),
          () -> {
            workers.beside(done::incrementAndGet, done::incrementAndGet);
            inner.countDown();
          });
      assertEquals(2, done.get());
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(1, TimeUnit.MINUTES));
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Test
  void aFailureOnEitherSideIsThrownWhenBothHaveEnded() {
    RuntimeException failure = new IllegalStateException("no");
    Runnable failing =
        () -> {
          throw failure;
        };
    for (int threads : new int[] {1, 2}) {
      try (Workers workers = new Workers(threads)) {
        AtomicBoolean mainRan = new AtomicBoolean();
        assertSame(
            failure,
            assertThrows(
                RuntimeException.class, () -> workers.beside(failing, () -> mainRan.set(true))));
        assertEquals(threads > 1, mainRan.get());
        AtomicInteger beside = new AtomicInteger();
        assertSame(
            failure,
            assertThrows(
                RuntimeException.class,
                () ->
                    workers.beside(
                        () -> {
                          beside.incrementAndGet();
                          if (threads > 1) {
                            // Interrupted, for nobody needs its result any more.
                            assertThrows(
                                IllegalStateException.class, () -> await(new CountDownLatch(1)));
                          }
                          beside.decrementAndGet();
                        },
                        failing)));
        assertEquals(0, beside.get());
        // The thread is as good as before.
        AtomicInteger sum = new AtomicInteger();
        workers.forEachBlock(8, 1, (from, to) -> sum.addAndGet(from));
        assertEquals(28, sum.get());
      }
    }
  }

  @Test
  void smallMatricesHaveTheSamePartsAndLargeOnesOneAThread() {
    try (Workers one = new Workers(1);
        Workers two = new Workers(2);
        Workers three = new Workers(3);
        Workers four = new Workers(4);
        Workers sixteen = new Workers(16)) {
      for (int rows : new int[] {0, 1, 63, 64, 65, 1000, 2047}) {
        int part = one.partRows(rows);
        assertEquals(part, two.partRows(rows));
        assertEquals(part, four.partRows(rows));
        assertTrue(part >= 64 && part % 16 == 0, rows + " rows in parts of " + part);
      }
      for (int rows : new int[] {2048, 4096, 11008, 151936}) {
        for (Workers workers : new Workers[] {one, two, three, four, sixteen}) {
          int part = workers.partRows(rows);
          assertTrue(part <= 4128 && part % 48 == 0, rows + " rows in parts of " + part);
          int parts = Math.ceilDiv(rows, part);
          assertTrue(parts % workers.threads() == 0 || rows < 48 * workers.threads() * 20);
        }
      }
      for (int n : new int[] {0, 1, 100, 512, 2048, 2049, 5504}) {
        int part = one.evenPart(n, 512);
        assertEquals(part, two.evenPart(n, 512));
        assertEquals(part, four.evenPart(n, 512));
        assertTrue(part > 0 && part <= 512 && part % 16 == 0, n + " in parts of " + part);
      }
      assertEquals(464, two.evenPart(5504, 512));
      assertEquals(128, sixteen.evenPart(2048, 512));
      assertEquals(4128, one.partRows(4096));
      assertEquals(2064, two.partRows(4096));
      assertEquals(2784, two.partRows(11008));
    }
  }

  @Test
  void badArgumentsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Workers(0).close());
    try (Workers workers = new Workers(1)) {
      assertThrows(
          IllegalArgumentException.class, () -> workers.forEachBlock(1, 0, (from, to) -> {}));
    }
  }
}
