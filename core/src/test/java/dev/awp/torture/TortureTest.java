// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.torture;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A little of {@link Torture}. */
@Tag("demo")
class TortureTest {
  @TempDir private static Path folder;
  private static Victim victim;

  @BeforeAll
  static void prepare() throws IOException, InterruptedException {
    victim = Victim.prepare(folder.resolve("victim"), folder);
  }

  @AfterEach
  void clear() throws IOException {
    victim.clear();
  }

  @Test
  void killedAndStoppedRunsComeToTheSameBytes() throws IOException, InterruptedException {
    String told = Torture.kills(victim, 2, 1);
    assertTrue(told.startsWith("2 kills"), told);
    String stopped = Torture.signals(victim, Torture.Signal.TERM, 1);
    assertTrue(stopped.startsWith("1 times SIGTERM"), stopped);
  }

  @Test
  void whatATerminalDoesToARunLosesNothing() throws IOException, InterruptedException {
    assumeTrue(TerminalTorture.isPossible(), "script(1) is not here");
    String interrupted = TerminalTorture.interrupts(victim, 1);
    assertTrue(interrupted.startsWith("1 times Ctrl-C"), interrupted);
    String suspended = TerminalTorture.suspends(victim);
    assertTrue(suspended.startsWith("suspended"), suspended);
    String closed = TerminalTorture.closes(victim, 1);
    assertTrue(closed.startsWith("1 times a closed terminal"), closed);
  }

  @Test
  void aModelThatChangesUnderARunIsNamed() throws IOException, InterruptedException {
    String told = Torture.changingInputs(victim, 3);
    assertTrue(told.startsWith("model written over during the run"), told);
  }

  @Test
  void processesThatAreStartedTogetherNeverShareAFolder() throws IOException, InterruptedException {
    String told = Torture.together(victim, 2, 1);
    assertTrue(told.startsWith("2 times two processes together"), told);
  }

  @Test
  void textsThatTheTokenizerLibraryDiesOfAreTold() throws IOException, InterruptedException {
    String told = HostileTexts.runs(folder.resolve("texts"), 100_000);
    assertTrue(told.startsWith("100000 spaces: 100002 tokens"), told);
    assertTrue(HostileTexts.orphans(victim).startsWith("killed while a process of its own"));
  }
}
