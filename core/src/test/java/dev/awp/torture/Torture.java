// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.torture;

import dev.awp.disk.Folders;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * What small machines do to long runs: kills at random moments, disks that fill up, files that
 * cannot be read. Every harmed run is gone on with until it is done, and compared with one that
 * nothing happened to. scripts/torture runs it in full, the suite a little of it.
 */
public final class Torture {
  private Torture() {}

  /** {@code FOLDER KILLS SEED [SMALL_DISK]}: the folder must be new or empty. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path folder = Path.of(arguments[0]);
    long seed = Long.parseLong(arguments[2]);
    Victim victim = Victim.prepare(folder.resolve("kills"), folder);
    System.out.println(kills(victim, Integer.parseInt(arguments[1]), seed));
    System.out.println(signals(victim, Signal.TERM, 7));
    System.out.println(signals(victim, Signal.INT, 7));
    System.out.println(together(victim, 50, seed));
    System.out.println(TerminalTorture.interrupts(victim, 7));
    System.out.println(TerminalTorture.suspends(victim));
    System.out.println(TerminalTorture.closes(victim, 7));
    System.out.println(fileLimits(victim));
    System.out.println(vanishingReads(victim));
    System.out.println(changingInputs(victim, victim.layers()));
    System.out.println(HostileTexts.runs(folder.resolve("texts"), 11_000_000));
    System.out.println(HostileTexts.orphans(victim));
    if (arguments.length > 3) {
      Path disk = Path.of(arguments[3]);
      System.out.println(smallDisk(Victim.prepare(folder.resolve("disk"), disk), disk));
    }
  }

  /**
   * SIGKILL, half of the times at a moment of the run's whole length, half a moment after a number
   * of layers was saved; every run one to four times, then it may finish.
   */
  static String kills(Victim victim, int kills, long seed)
      throws IOException, InterruptedException {
    SplittableRandom random = new SplittableRandom(seed);
    TreeMap<Long, Integer> layers = new TreeMap<>();
    int done = 0;
    int finished = 0;
    int runs = 0;
    int harm = 1;
    while (done < kills || Files.exists(victim.state())) {
      Victim.Run run = victim.start();
      runs++;
      if (done < kills && harm > 0 && awaitMoment(run.process(), victim, random)) {
        run.process().destroyForcibly().waitFor();
        done++;
        harm--;
        if (done % 20 == 0) {
          System.out.println(done + " kills, " + finished + " outputs compared");
        }
        layers.merge(victim.saved(), 1, Integer::sum);
      } else {
        run.expect(0);
      }
      if (Files.exists(victim.output()) && !Files.exists(victim.state())) {
        victim.assertUndisturbed();
        finished++;
        harm = 1 + random.nextInt(4);
      }
    }
    return "%d kills in %d runs, %d outputs, all the bytes of the undisturbed run; kills by layers saved: %s"
        .formatted(done, runs, finished, layers);
  }

  /** False where the process ended before. */
  private static boolean awaitMoment(Process process, Victim victim, SplittableRandom random)
      throws IOException, InterruptedException {
    if (random.nextBoolean()) {
      return !process.waitFor(random.nextLong(victim.nanos()), TimeUnit.NANOSECONDS);
    }
    long wanted = Math.min(victim.layers(), victim.saved() + 1 + random.nextInt(8));
    while (victim.saved() < wanted) {
      if (process.waitFor(1, TimeUnit.MILLISECONDS)) {
        return false;
      }
    }
    return !process.waitFor(random.nextLong(40_000), TimeUnit.MICROSECONDS);
  }

  /** What asks a process to stop, and the exit code that a JVM gives it. */
  enum Signal {
    TERM(143),
    INT(130);

    private final int exitCode;

    Signal(int exitCode) {
      this.exitCode = exitCode;
    }
  }

  /**
   * A signal that many times, each two saved layers or more after the last: its exit code, within a
   * second where the machine is free, no layer lost, and the way on is told.
   */
  static String signals(Victim victim, Signal signal, int times)
      throws IOException, InterruptedException {
    List<Long> millis = new ArrayList<>();
    while (millis.size() < times) {
      // More than the runs before it have saved: this one is at work then, not just starting.
      long layers = victim.saved() + 2;
      Victim.Run run = victim.start();
      while (victim.saved() < layers && !run.process().waitFor(1, TimeUnit.MILLISECONDS)) {}
      long stopped = System.nanoTime();
      new ProcessBuilder("kill", "-s", signal.name(), Long.toString(run.process().pid()))
          .start()
          .waitFor();
      if (victim.wasOverBefore(run)) {
        victim.assertUndisturbed();
        continue;
      }
      run.expect(signal.exitCode);
      millis.add((System.nanoTime() - stopped) / 1_000_000);
      assertSaid(run, "and the same command goes on after them");
      if (victim.saved() < layers) {
        throw new AssertionError("%d of %d layers are left".formatted(victim.saved(), layers));
      }
    }
    victim.start().expect(0);
    victim.assertUndisturbed();
    Collections.sort(millis);
    return "%d times SIG%s: ended after %d to %d ms, resumed to the same bytes"
        .formatted(millis.size(), signal, millis.getFirst(), millis.getLast());
  }

  /**
   * Two processes started together, the second and every third time after it the first is killed on
   * its way and a third one goes on, every fifth time the work folder is removed under them.
   * Whatever ends with 0 has written the undisturbed bytes; whatever does not says why in one
   * sentence.
   */
  static String together(Victim victim, int times, long seed)
      throws IOException, InterruptedException {
    SplittableRandom random = new SplittableRandom(seed);
    int refused = 0;
    int removed = 0;
    for (int i = 1; i <= times; i++) {
      List<Victim.Run> runs = new ArrayList<>(List.of(victim.start(), victim.start()));
      if (i % 3 == 2) {
        awaitLayer(victim, runs, 1 + random.nextInt(8));
        runs.removeFirst().process().destroyForcibly().waitFor();
        runs.add(victim.start());
      } else if (i % 5 == 0) {
        awaitLayer(victim, runs, 1 + random.nextInt(8));
        removed += removeUnder(victim) ? 1 : 0;
        runs.add(victim.start());
      }
      int finished = 0;
      for (Victim.Run run : runs) {
        if (run.process().waitFor() == 0) {
          finished++;
        } else {
          run.expect(1);
          assertOneSentence(run);
          refused++;
        }
      }
      if (finished == 0) {
        victim.start().expect(0); // the one that was killed had the folder
      }
      victim.assertUndisturbed();
    }
    return "%d times two processes together: %d refused, %d times the work folder was removed under them, each output the bytes of the undisturbed run"
        .formatted(times, refused, removed);
  }

  /** False where the run had ended. Moved, for what is written to meanwhile cannot be removed. */
  private static boolean removeUnder(Victim victim) throws IOException {
    Path gone = victim.state().resolveSibling("gone");
    try {
      Folders.delete(gone);
      Files.move(victim.state(), gone);
      return true;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static void awaitLayer(Victim victim, List<Victim.Run> runs, int layers)
      throws IOException, InterruptedException {
    while (victim.saved() < layers && runs.stream().anyMatch(run -> run.process().isAlive())) {
      Thread.sleep(1);
    }
  }

  /** No file may grow beyond a limit, which rises until the run gets through. */
  static String fileLimits(Victim victim) throws IOException, InterruptedException {
    int failures = 0;
    for (int blocks = 4; ; blocks += 4) {
      // 512 bytes a block in POSIX shells, 1,024 in bash
      Victim.Run run = victim.start("ulimit -f " + blocks);
      if (run.process().waitFor() == 0) {
        break;
      }
      run.expect(1);
      assertOneSentence(run);
      failures++;
    }
    victim.assertUndisturbed();
    return "file size limit: %d failures on the way, the same bytes in the end".formatted(failures);
  }

  /** The model's file is cut off while layers are solved, and whole again for the next run. */
  static String vanishingReads(Victim victim) throws IOException, InterruptedException {
    byte[] whole = Files.readAllBytes(victim.model());
    int failures = 0;
    for (int layers = 2; layers < victim.layers(); layers += 5) {
      Victim.Run run = victim.start();
      while (victim.saved() < layers && run.process().isAlive()) {
        Thread.sleep(1);
      }
      try (RandomAccessFile file = new RandomAccessFile(victim.model().toFile(), "rw")) {
        file.setLength(whole.length / 8);
      }
      boolean failed = run.process().waitFor() != 0;
      try (RandomAccessFile file = new RandomAccessFile(victim.model().toFile(), "rw")) {
        file.write(whole);
      }
      if (failed) {
        run.expect(1);
        assertOneSentence(run);
        failures++;
        victim.start().expect(0);
      }
      victim.assertUndisturbed();
    }
    return "model cut off during the run: %d failures, each resumed to the same bytes"
        .formatted(failures);
  }

  /**
   * The model's file is written over with other weights of the same size while layers are solved:
   * no output, the file is named, and once it is what it was the run is gone on with.
   *
   * @param most layers that are saved before, every fifth of them in turn
   */
  static String changingInputs(Victim victim, int most) throws IOException, InterruptedException {
    byte[] whole = Files.readAllBytes(victim.model());
    int refused = 0;
    for (int layers = 2; layers < most; layers += 5) {
      Victim.Run run = victim.start();
      while (victim.saved() < layers && run.process().isAlive()) {
        Thread.sleep(1);
      }
      byte[] other = whole.clone();
      for (int i = other.length / 2; i < other.length; i++) {
        other[i] ^= 1;
      }
      write(victim.model(), other);
      boolean failed = run.process().waitFor() != 0;
      write(victim.model(), whole);
      if (failed) {
        run.expect(1);
        assertOneSentence(run);
        assertSaid(run, victim.model() + ": was written to while it was in use");
        if (Files.exists(victim.output()) || !Files.exists(victim.state())) {
          throw new AssertionError("the output of a changed model is not kept apart");
        }
        refused++;
        victim.start().expect(0);
      }
      victim.assertUndisturbed();
    }
    return "model written over during the run: %d refused, each gone on with to the same bytes"
        .formatted(refused);
  }

  private static void write(Path file, byte[] content) throws IOException {
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.write(content);
    }
  }

  /** A disk of its own for the output, filled up by another file that shrinks until it is done. */
  static String smallDisk(Victim victim, Path disk) throws IOException, InterruptedException {
    Path ballast = disk.resolve("ballast");
    int failures = 0;
    int kept = 0;
    for (long room = 8 << 10; ; room += 16 << 10) {
      fill(ballast, room);
      Victim.Run run = victim.start();
      if (run.process().waitFor() == 0) {
        break;
      }
      run.expect(1);
      assertOneSentence(run);
      failures++;
      kept += Files.exists(victim.state()) ? 1 : 0;
    }
    victim.assertUndisturbed();
    return "full disk: %d failures, %d of them with finished layers kept, the same bytes in the end"
        .formatted(failures, kept);
  }

  /** As large as leaves so much room. */
  private static void fill(Path ballast, long room) throws IOException {
    Files.deleteIfExists(ballast);
    long size = ballast.getParent().toFile().getUsableSpace() - room;
    byte[] page = new byte[4096];
    try (RandomAccessFile file = new RandomAccessFile(ballast.toFile(), "rw")) {
      for (long at = 0; at < size; at += page.length) {
        file.write(page);
      }
    }
  }

  private static void assertOneSentence(Victim.Run run) throws IOException {
    long sentences = run.said().lines().filter(line -> line.startsWith("awp: ")).count();
    if (sentences != 1 || run.said().contains("Exception")) {
      throw new AssertionError("not one sentence: " + run.said());
    }
  }

  private static void assertSaid(Victim.Run run, String words) throws IOException {
    if (!run.said().contains(words)) {
      throw new AssertionError("'%s' is missing: %s".formatted(words, run.said()));
    }
  }
}
