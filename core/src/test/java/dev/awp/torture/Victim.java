// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.torture;

import dev.awp.disk.Folders;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.OutputFolders;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A small compression in a process of its own, to be harmed, and what it should come to. */
final class Victim {
  private static final int LAYERS = 28;

  /** Logs that are kept: more than runs at a time. */
  private static final int KEPT_LOGS = 8;

  /** Runs that may be over before they are stopped. */
  private static final int MOST_OVER = 5;

  private final Path folder;
  private final Path output;
  private final Path expected;
  private int runs;
  private long nanos;
  private int over;

  private Victim(Path folder, Path output) {
    this.folder = folder;
    this.output = output;
    this.expected = folder.resolve("expected");
  }

  /**
   * Generates a model and compresses it undisturbed.
   *
   * @param outputs where harmed runs write, a folder that exists
   */
  static Victim prepare(Path folder, Path outputs) throws IOException, InterruptedException {
    Files.createDirectories(folder);
    new GeneratedCheckpoint(4, 16, 24, 2, 1, DType.BF16).write(folder.resolve("model"));
    Files.writeString(
        folder.resolve("text.txt"), "A text of some words, again and again. ".repeat(20));
    Victim victim = new Victim(folder, outputs.resolve("out"));
    long begun = System.nanoTime();
    Run run = victim.start(victim.expected);
    run.expect(0);
    victim.nanos = System.nanoTime() - begun;
    return victim;
  }

  /** How long the undisturbed run took. */
  long nanos() {
    return nanos;
  }

  Path model() {
    return folder.resolve("model/model.safetensors");
  }

  Path output() {
    return output;
  }

  /** Where an unfinished run lies. */
  Path state() {
    return output.resolveSibling(output.getFileName() + ".partial");
  }

  /** Layers that an unfinished run has saved. */
  long saved() throws IOException {
    Path journal = state().resolve("journal");
    if (!Files.exists(journal)) {
      return 0;
    }
    try (Stream<String> lines = Files.lines(journal, StandardCharsets.ISO_8859_1)) {
      return lines.filter(line -> line.contains("\"kind\":\"layer\"")).count();
    } catch (java.nio.file.NoSuchFileException | java.io.UncheckedIOException e) {
      return 0; // it has ended in the meantime
    }
  }

  int layers() {
    return LAYERS;
  }

  /** The run that is harmed; before it, what comes before a command in a shell. */
  Run start(String... shell) throws IOException {
    return start(output, shell);
  }

  /** The harmed run on a terminal of its own; what is typed goes into the process. */
  Run startOnTerminal() throws IOException {
    List<String> words = command(output).stream().map(word -> "'" + word + "'").toList();
    Path log = log();
    ProcessBuilder builder =
        new ProcessBuilder("script", "-qefc", "exec " + String.join(" ", words), "/dev/null")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("TERM", "xterm");
    builder.environment().remove("CI"); // where progress is told in lines
    return new Run(builder.start(), log);
  }

  private Path log() {
    return folder.resolve("log-%d.txt".formatted(runs++ % KEPT_LOGS));
  }

  private Run start(Path into, String... shell) throws IOException {
    List<String> java = command(into);
    List<String> command = java;
    if (shell.length > 0) {
      String script = String.join("; ", shell) + "; exec \"$@\"";
      command = new ArrayList<>(List.of("bash", "-c", script, "bash"));
      command.addAll(java);
    }
    Path log = log();
    return new Run(
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start(),
        log);
  }

  private List<String> command(Path into) {
    List<String> java = new ArrayList<>();
    java.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // C1 alone and no vectors: a small run is over before better code would pay.
    java.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx256m",
            "-Xshare:auto",
            "-Dawp.kernels=scalar",
            "-Dawp.blas=java",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.awp.cli.Main",
            "compress",
            folder.resolve("model").toString(),
            into.toString(),
            "--calibration",
            folder.resolve("text.txt").toString(),
            "--evaluate",
            folder.resolve("text.txt").toString(),
            "--sparsity",
            "2:4",
            "--bits",
            "4",
            "--group-size",
            "8",
            "--solver",
            "pgd",
            "--iterations",
            "8",
            "--sequences",
            "4",
            "--sequence-length",
            "32",
            "--max-shard-size",
            "10KB",
            "--threads",
            "2"));
    return java;
  }

  /** Every byte of the output, and nothing left of the work; then the output is removed. */
  void assertUndisturbed() throws IOException {
    OutputFolders.assertSame(expected, output);
    if (Files.exists(state())) {
      throw new AssertionError(state() + " is left");
    }
    removeOutput();
  }

  void removeOutput() throws IOException {
    Folders.delete(output);
  }

  /** Removes what a failure has left. */
  void clear() throws IOException {
    removeOutput();
    Folders.delete(state());
  }

  /**
   * Whether a run came to its end before what was to stop it arrived, as happens on a busy machine;
   * but not again and again.
   */
  boolean wasOverBefore(Run run) throws IOException, InterruptedException {
    if (!run.process().waitFor(5, TimeUnit.MINUTES) || run.process().exitValue() != 0) {
      return false;
    }
    if (++over > MOST_OVER) {
      throw new AssertionError("nothing stops a run: " + run.said());
    }
    return true;
  }

  /** A process, and what it says. */
  record Run(Process process, Path log) {
    String said() throws IOException {
      return Files.readString(log);
    }

    void expect(int exitCode) throws IOException, InterruptedException {
      if (!process.waitFor(5, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new AssertionError("it hangs: " + said());
      }
      if (process.exitValue() != exitCode) {
        throw new AssertionError(
            "exit code %d, not %d: %s".formatted(process.exitValue(), exitCode, said()));
      }
    }
  }
}
