// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.torture;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** What a person at a terminal does to a run while the progress bar shows, on a pseudo-terminal. */
final class TerminalTorture {
  private static final int CTRL_C = 3;

  private TerminalTorture() {}

  /** Whether script(1) of util-linux is here, which makes the terminals, and /proc. */
  static boolean isPossible() {
    return Files.isExecutable(Path.of("/usr/bin/script")) && Files.isDirectory(Path.of("/proc"));
  }

  /** Ctrl-C: 130, no layer lost, and the way on is told. */
  static String interrupts(Victim victim, int times) throws IOException, InterruptedException {
    int done = 0;
    while (done < times) {
      Victim.Run run = victim.startOnTerminal();
      if (awaitBar(run, victim)) {
        try (OutputStream keys = run.process().getOutputStream()) {
          keys.write(CTRL_C);
          keys.flush();
          run.process().waitFor(1, TimeUnit.MINUTES);
        }
        if (victim.wasOverBefore(run)) {
          finish(victim);
          continue;
        }
        run.expect(130);
        told(run, "layers are saved in ");
        done++;
      }
      finish(victim);
    }
    return done + " times Ctrl-C: the layers that are saved are told, nothing lost";
  }

  /** Ctrl-Z and fg, with a window that is made narrower in between. */
  static String suspends(Victim victim) throws IOException, InterruptedException {
    while (true) {
      Victim.Run run = victim.startOnTerminal();
      if (awaitBar(run, victim)) {
        long pid = java(run).pid();
        Path terminal = Path.of("/proc/" + pid + "/fd/2").toRealPath();
        // A shell's Ctrl-Z is SIGTSTP, which Linux leaves aside where no shell waits for the
        // process.
        command("kill", "-STOP", Long.toString(pid));
        awaitState(pid, 'T');
        command("stty", "-F", terminal.toString(), "cols", "40");
        command("kill", "-WINCH", Long.toString(pid));
        command("kill", "-CONT", Long.toString(pid));
        long terminalPid = run.process().pid();
        while (!run.process().waitFor(50, TimeUnit.MILLISECONDS)) {
          if (state(terminalPid) == 'T') { // script(1) stops with what it runs
            command("kill", "-CONT", Long.toString(terminalPid));
          }
        }
        run.expect(0);
        victim.assertUndisturbed();
        return "suspended, resized and continued: the same bytes";
      }
      finish(victim);
    }
  }

  /** The window is closed: the run ends by itself, and is gone on with. */
  static String closes(Victim victim, int times) throws IOException, InterruptedException {
    int done = 0;
    while (done < times) {
      Victim.Run run = victim.startOnTerminal();
      if (awaitBar(run, victim)) {
        ProcessHandle java = java(run);
        long saved = victim.saved();
        run.process().destroyForcibly().waitFor();
        try {
          java.onExit().get(1, TimeUnit.MINUTES);
        } catch (java.util.concurrent.ExecutionException
            | java.util.concurrent.TimeoutException e) {
          throw new AssertionError("a run goes on without its terminal", e);
        }
        if (!Files.exists(victim.output()) && victim.saved() < saved) {
          throw new AssertionError("layers are lost");
        }
        done++;
      }
      finish(victim);
    }
    return done + " times a closed terminal: the run ends, nothing lost";
  }

  /** The bar shows and a layer is saved; false where the run was over before. */
  private static boolean awaitBar(Victim.Run run, Victim victim)
      throws IOException, InterruptedException {
    while (victim.saved() < 2 || !run.said().contains("solving ")) {
      if (run.process().waitFor(2, TimeUnit.MILLISECONDS)) {
        return false;
      }
    }
    return true;
  }

  private static void finish(Victim victim) throws IOException, InterruptedException {
    if (!Files.exists(victim.output()) || Files.exists(victim.state())) {
      victim.start().expect(0);
    }
    victim.assertUndisturbed();
  }

  private static ProcessHandle java(Victim.Run run) {
    return run.process()
        .descendants()
        .filter(process -> process.info().command().orElse("").endsWith("java"))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no java on the terminal"));
  }

  private static void awaitState(long pid, char state) throws InterruptedException {
    while (state(pid) != state && state(pid) != 0) {
      Thread.sleep(1);
    }
  }

  /** As /proc tells it: T for a process that is stopped; 0 for one that has ended. */
  private static char state(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2);
    } catch (IOException e) {
      return 0;
    }
  }

  private static void command(String... words) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(words).inheritIO().start();
    if (process.waitFor() != 0) {
      throw new AssertionError(String.join(" ", words));
    }
  }

  private static void told(Victim.Run run, String words) throws IOException {
    if (!run.said().contains(words)) {
      throw new AssertionError("'" + words + "' is not told: " + run.said());
    }
  }
}
