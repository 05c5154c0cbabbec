// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.fixture.ForkedJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether a folder is kept to one process is told by another process. */
class FolderLockTest {
  @TempDir private Path folder;
  private Path output;
  private Path state;

  @BeforeEach
  void namePaths() {
    output = folder.resolve("out");
    state = folder.resolve("out.partial");
  }

  /** Tries to lock a folder, and prints what came of it. */
  static final class Other {
    private Other() {}

    public static void main(String[] arguments) {
      try (OutputFolder _ = OutputFolder.open(OutputPlace.folder(Path.of(arguments[0])))) {
        System.out.println("locked");
      } catch (AwpException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  private String other() throws Exception {
    return ForkedJvm.run(List.of("-Xshare:auto"), Other.class, output.toString()).lines().getLast();
  }

  private void assertHeld() throws Exception {
    String told = other();
    assertTrue(told.contains("another run is at work in this folder"), told);
    assertTrue(told.contains("process " + ProcessHandle.current().pid()), told);
  }

  @Test
  void anotherProcessIsRefusedUntilTheFolderIsClosed() throws Exception {
    try (OutputFolder _ = OutputFolder.open(OutputPlace.folder(output))) {
      assertHeld();
    }
    assertEquals("locked", other());
  }

  @Test
  void theLockOutlivesAllThatARunDoesToItsFolder() throws Exception {
    try (OutputFolder mine = OutputFolder.open(OutputPlace.folder(output))) {
      mine.force();
      mine.clear(Optional.empty());
      mine.clear(Optional.of(List.of()));
      Files.writeString(mine.workFolder().resolve("file"), "content");
      mine.force();
      assertHeld();
    }
  }

  @Test
  void aSecondRunOfTheSameProcessIsRefusedAndTakesNoLockAway() throws Exception {
    try (OutputFolder _ = OutputFolder.open(OutputPlace.folder(output))) {
      AwpException refusal =
          assertThrows(AwpException.class, () -> OutputFolder.open(OutputPlace.folder(output)));
      assertTrue(refusal.getMessage().contains("this one"), refusal.getMessage());
      assertHeld();
    }
    assertEquals("locked", other());
  }

  @Test
  void aRunWhoseFolderWasRemovedGivesNoOutputAndRemovesNobodyElsesWork() throws IOException {
    try (OutputFolder first = OutputFolder.open(OutputPlace.folder(output))) {
      Folders.delete(state);
      AwpException gone = assertThrows(AwpException.class, first::commit);
      assertTrue(gone.getMessage().contains("was removed or replaced"), gone.getMessage());
      Files.createDirectory(state);
      Files.writeString(state.resolve("lock"), "process 1 since then,");
      Files.writeString(state.resolve("journal"), "of another run");
      gone = assertThrows(AwpException.class, first::commit);
      assertTrue(gone.getMessage().contains("was removed or replaced"), gone.getMessage());
    }
    assertTrue(Files.exists(state.resolve("journal")));
    assertFalse(Files.exists(output));
  }

  @Test
  void anOutputThatAppearsWhileARunWaitsForTheLockIsNotOverwritten() throws IOException {
    Files.createDirectory(output);
    Files.writeString(output.resolve("finished"), "by another run");
    assertThrows(AwpException.class, () -> OutputFolder.open(OutputPlace.folder(output)));
    assertFalse(Files.exists(state));
  }
}
