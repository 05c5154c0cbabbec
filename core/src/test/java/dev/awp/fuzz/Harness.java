// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.awp.AwpException;
import dev.awp.fixture.NativeMemory;
import dev.awp.fuzz.FuzzTarget.Prepared;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Gives inputs to a target and holds it to what is promised of hostile files: a sentence that names
 * the file, or a result; in a bounded time, with memory bounded by the size of the input, and
 * without a trace outside of the file's folder. Anything else is an AssertionError, or, where the
 * target does not come back, the end of the process.
 */
final class Harness {
  /** Bytes of heap that an input may cost, and more for each of its bytes. */
  private static final long HEAP = 64L << 20;

  private static final long HEAP_PER_BYTE = 1 << 10;

  /** Off-heap memory that any input may take; inputs are small. */
  private static final long NATIVE = 64L << 20;

  private static final long NATIVE_LEFT = 1L << 20;

  /** Jars that are opened when something in them is first wanted. */
  private static final long FILES_LEFT = 16;

  private static final long SLOW_NANOS = 5_000_000_000L;
  private static final long HANGING_NANOS = 30_000_000_000L;
  private static final com.sun.management.ThreadMXBean THREADS =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final Prepared target;
  private final Path outside;
  private final Map<String, Long> before;
  private final long nativeBefore = NativeMemory.bytes();
  private final long filesBefore = openFiles();
  private final Thread thread = Thread.currentThread();
  private volatile long begun = Long.MAX_VALUE;

  /** What became of an input. */
  enum Outcome {
    READ,
    REFUSED
  }

  /**
   * Watches inputs on the calling thread.
   *
   * @param outside a folder with the target's among its sub-folders, and things that must not
   *     change
   */
  Harness(Prepared target, Path outside) throws IOException {
    this.target = target;
    this.outside = outside;
    this.before = state();
    Thread watchdog = new Thread(this::watch, "fuzz-watchdog");
    watchdog.setDaemon(true);
    watchdog.start();
  }

  private void watch() {
    while (true) {
      try {
        Thread.sleep(1000);
      } catch (InterruptedException e) {
        return;
      }
      // Time of the processor: the process may be stopped, or get little of it.
      if (THREADS.getThreadCpuTime(thread.threadId()) - begun > HANGING_NANOS) {
        System.err.println("an input hangs: " + target.file());
        for (StackTraceElement frame : thread.getStackTrace()) {
          System.err.println("\tat " + frame);
        }
        Runtime.getRuntime().halt(1);
      }
    }
  }

  /** The input stays in the file, so that it can be looked at when the process was ended by it. */
  Outcome run(byte[] input) {
    write(input);
    Reading reading = reading();
    if (reading.isDear(input.length)) {
      // Classes that it was the first to need, and that Jazzer changes as they come, are not its.
      reading = reading();
    }
    if (reading.isDear(input.length)) {
      throw new AssertionError(
          "%,d ns and %,d bytes of heap for %d bytes"
              .formatted(reading.nanos, reading.heap, input.length));
    }
    return reading.outcome;
  }

  /** What reading the file took of this thread's time and of the heap. */
  private record Reading(Outcome outcome, long nanos, long heap) {
    boolean isDear(int bytes) {
      return nanos > SLOW_NANOS || heap > HEAP + bytes * HEAP_PER_BYTE;
    }
  }

  private Reading reading() {
    long heap = THREADS.getCurrentThreadAllocatedBytes();
    long cpu = THREADS.getCurrentThreadCpuTime();
    begun = cpu;
    Outcome outcome = read();
    begun = Long.MAX_VALUE;
    return new Reading(
        outcome,
        THREADS.getCurrentThreadCpuTime() - cpu,
        THREADS.getCurrentThreadAllocatedBytes() - heap);
  }

  private void write(byte[] input) {
    try {
      Files.write(target.file(), input);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Outcome read() {
    try {
      target.reader().read();
      return Outcome.READ;
    } catch (AwpException e) {
      String message = String.valueOf(e.getMessage());
      boolean named =
          message.contains(target.file().getFileName().toString())
              || message.contains(target.file().getParent().toString());
      if (!named) {
        throw new AssertionError("the file is not named: " + message, e);
      }
      return Outcome.REFUSED;
    } catch (Throwable e) {
      throw new AssertionError("neither a result nor a sentence: " + e, e);
    }
  }

  /** What is dear to find out, every now and then. */
  void check() throws IOException {
    Map<String, Long> now = state();
    if (!now.equals(before)) {
      throw new AssertionError("outside of the folder: " + before + " became " + now);
    }
    long left = NativeMemory.bytes() - nativeBefore;
    if (left > NATIVE_LEFT || NativeMemory.peakBytes() - nativeBefore > NATIVE) {
      throw new AssertionError(
          "%,d bytes off-heap are left, at most there were %,d"
              .formatted(left, NativeMemory.peakBytes()));
    }
    long files = openFiles() - filesBefore;
    if (files > FILES_LEFT) {
      throw new AssertionError(files + " files are left open");
    }
  }

  private static long openFiles() {
    return ManagementFactory.getPlatformMXBean(UnixOperatingSystemMXBean.class)
        .getOpenFileDescriptorCount();
  }

  /** Every file outside of the target's folder, with the time of its last change. */
  private Map<String, Long> state() throws IOException {
    Path own = target.file().getParent();
    Map<String, Long> state = new TreeMap<>();
    try (Stream<Path> tree = Files.walk(outside)) {
      for (Path path : tree.filter(p -> !p.startsWith(own) && !own.startsWith(p)).toList()) {
        state.put(path.toString(), Files.getLastModifiedTime(path).toMillis());
      }
    }
    return state;
  }
}
