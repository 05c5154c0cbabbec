// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import dev.awp.AwpException;
import dev.awp.PlainText;
import dev.awp.disk.FolderLock;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Serializable;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One run, as it is sent to a machine: the words of a command line and how to start a JVM. The run
 * is a process of its own, because reports tell a process's memory, logs are a process's, and what
 * ends a process (memory, a fault in native code) must end one run and not those beside it.
 *
 * @param name of the run
 * @param command its words, which decide the bytes
 * @param machineWords what is added for the machine: threads and memory
 * @param output path of the output
 * @param inputs paths of all that is read
 * @param results folder of notes and logs
 * @param jvm how it is started
 * @param computes what the machine has to compute with; empty where any will do
 * @param patienceSeconds to wait for another process that still has the output's lock
 */
record RunTask(
    String name,
    List<String> command,
    List<String> machineWords,
    String output,
    List<String> inputs,
    String results,
    ChildJvm jvm,
    Map<String, String> computes,
    long patienceSeconds)
    implements Serializable {
  /** Progress in parts of this. */
  static final int WHOLE = 1000;

  private static final Pattern LAYER = Pattern.compile("\\[(\\d+)/(\\d+)] .*");
  private static final Pattern RESTORED = Pattern.compile("going on: (\\d+) of (\\d+) layers .*");
  private static final Pattern MISUSE = Pattern.compile("awp [a-z]+: .*");
  private static final String BUG = "awp: an error of awp itself";
  private static final Duration POLL = Duration.ofSeconds(2);
  private static final int KILLED = 137;
  private static final int REFUSED = 1;
  private static final int MISUSED = 2;

  RunTask {
    command = List.copyOf(command);
    machineWords = List.copyOf(machineWords);
    inputs = List.copyOf(inputs);
    computes = Map.copyOf(computes);
  }

  /** The process came to an end that says nothing of the run: another machine may do better. */
  static final class LostException extends IOException {
    private static final long serialVersionUID = 1L;

    LostException(String message) {
      super(message);
    }
  }

  /**
   * What a process said and how it ended.
   *
   * @param sentence its complaint, where there is one
   * @param unheard whether it was stopped because its log could not be written
   */
  private record Ended(int exitCode, Optional<String> sentence, boolean unheard) {}

  /**
   * Runs it here to its end.
   *
   * @param attempt from 1
   * @param progress hears how far it is, from 0 to {@link #WHOLE}
   * @throws LostException where the process was killed or broke
   * @throws InterruptedException where this thread was interrupted; the process is stopped then
   */
  RunOutcome run(int attempt, IntConsumer progress) throws IOException, InterruptedException {
    long began = System.nanoTime();
    String host = Machine.hostName();
    if (!computes.isEmpty() && !Machine.here(jvm).computes().equals(computes)) {
      String difference = String.join("; ", difference(Machine.here(jvm)));
      return new RunOutcome(RunOutcome.End.FOREIGN, difference, 0, host, attempt);
    }
    try {
      return new RunOutcome(attempt(progress), "", seconds(began), host, attempt);
    } catch (AwpException e) {
      return new RunOutcome(RunOutcome.End.FAILED, e.getMessage(), seconds(began), host, attempt);
    }
  }

  private List<String> difference(Machine machine) {
    Machine others = new Machine("the others", "", 0, computes);
    return Machine.differences(List.of(machine, others));
  }

  private static double seconds(long began) {
    return (System.nanoTime() - began) / 1e9;
  }

  private RunOutcome.End attempt(IntConsumer progress) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(patienceSeconds);
    while (true) {
      OutputState state =
          OutputState.of(
              Path.of(results),
              name,
              command,
              Path.of(output),
              inputs.stream().map(Path::of).toList());
      if (state == OutputState.FINISHED) {
        progress.accept(WHOLE);
        return RunOutcome.End.FINISHED; // by an attempt on a machine that was given up too early
      }
      if (state == OutputState.MISSING) {
        OutputState.sign(Path.of(results), name, command);
      }
      Ended ended = process(progress);
      if (ended.exitCode() == 0) {
        if (!OutputState.isSigned(Path.of(results), name, command)) {
          // Layers that were saved by the same command outside of a batch, as awp has found.
          OutputState.sign(Path.of(results), name, command);
        }
        progress.accept(WHOLE);
        return RunOutcome.End.FINISHED;
      }
      String sentence = ended.sentence().orElse(end(ended.exitCode()));
      // A machine that was given up may still be at it: one of the two has to wait.
      boolean taken = sentence.contains(FolderLock.TAKEN);
      if (taken && System.nanoTime() < deadline) {
        Thread.sleep(POLL);
        continue;
      }
      if (ended.unheard() || ended.exitCode() == REFUSED || ended.exitCode() == MISUSED) {
        throw new AwpException(sentence);
      }
      throw new LostException(sentence);
    }
  }

  private static String end(int exitCode) {
    return "the process "
        + (exitCode == KILLED
            ? "was killed, as by a system that is out of memory"
            : "ended with code " + exitCode);
  }

  private Ended process(IntConsumer progress) throws IOException, InterruptedException {
    Path log = Path.of(results).resolve("logs").resolve(name + ".log");
    List<String> words = Stream.concat(command.stream(), machineWords.stream()).toList();
    begin(log, words);
    Process process =
        jvm.start(RunProcess.class, words, ProcessBuilder.Redirect.appendTo(log.toFile()));
    Listener listener = new Listener(process, log, progress);
    listener.start();
    try {
      int exitCode = process.waitFor();
      listener.join();
      return new Ended(exitCode, listener.sentence(), listener.isDeaf());
    } finally {
      if (process.isAlive()) {
        stop(process);
      }
    }
  }

  private static void begin(Path log, List<String> words) {
    try {
      Files.createDirectories(log.getParent());
      Files.writeString(
          log,
          "$ awp %s%n".formatted(BatchRun.quoted(words)),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new AwpException(unwritten(log, e), e);
    }
  }

  private static String unwritten(Path log, IOException e) {
    return "%s: cannot be written: %s".formatted(log, e.getMessage());
  }

  /** As Ctrl-C: the solver is interrupted, saved layers stay. */
  private static void stop(Process process) throws InterruptedException {
    boolean interrupted = Thread.interrupted();
    process.destroy();
    if (!process.waitFor(5, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Reads what a process says of its progress and its end, and keeps it. */
  private static final class Listener extends Thread {
    private final Process process;
    private final Path log;
    private final IntConsumer progress;
    private Optional<String> complaint = Optional.empty();
    private boolean open;
    private boolean deaf;

    Listener(Process process, Path log, IntConsumer progress) {
      super("awp-listener");
      setDaemon(true);
      this.process = process;
      this.log = log;
      this.progress = progress;
    }

    @Override
    public void run() {
      try (BufferedReader lines = process.errorReader(StandardCharsets.UTF_8);
          Writer kept = Files.newBufferedWriter(log, StandardOpenOption.APPEND)) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          kept.write(line + "\n");
          kept.flush();
          take(line);
        }
      } catch (IOException e) {
        complaint = complaint.or(() -> Optional.of(unwritten(log, e)));
        deaf = true;
        process.destroy();
      }
    }

    private void take(String line) {
      Matcher layer = LAYER.matcher(line);
      Matcher restored = RESTORED.matcher(line);
      if (layer.matches() || restored.matches()) {
        Matcher found = layer.matches() ? layer : restored;
        long done = Long.parseLong(found.group(1));
        long all = Math.max(1, Long.parseLong(found.group(2)));
        progress.accept((int) (done * WHOLE / all));
      } else if (open && !line.isBlank()) {
        complaint = Optional.of(complaint.orElse("") + " " + PlainText.of(line.strip()));
        open = false;
      } else if (line.startsWith("awp: WARN") || line.startsWith("awp: ERROR")) {
        return;
      } else if (line.startsWith("awp: ")) {
        complaint = Optional.of(PlainText.of(line.substring("awp: ".length())));
        open = line.startsWith(BUG); // the exception's name follows
      } else if (complaint.isEmpty() && MISUSE.matcher(line).matches()) {
        complaint = Optional.of(PlainText.of(line));
      }
    }

    /** Whether what it says could not be kept; it was stopped then. */
    boolean isDeaf() {
      return deaf;
    }

    Optional<String> sentence() {
      return complaint;
    }
  }
}
