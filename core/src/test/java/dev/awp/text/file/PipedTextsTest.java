// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.Progress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Texts that other programs write into a pipe. */
@DisabledOnOs(OS.WINDOWS)
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PipedTextsTest {
  @TempDir private Path folder;

  private Path pipe() throws Exception {
    Path pipe = folder.resolve("fifo");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    return pipe;
  }

  @Test
  void whatComesThroughIsKeptUntilTheEnd() throws Exception {
    Path pipe = pipe();
    Path text = Files.writeString(folder.resolve("text"), "plain");
    Thread writer =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    Files.writeString(pipe, "through the pipe");
                  } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                  }
                });
    Path kept;
    try (PipedTexts pipes = new PipedTexts(Progress.NONE)) {
      List<Path> texts = pipes.keep(List.of(pipe, text, pipe));
      writer.join();
      kept = texts.getFirst();
      assertEquals(List.of(kept, text, kept), texts);
      assertEquals(PipedTexts.NAME, kept.getFileName().toString());
      assertEquals("through the pipe", Files.readString(kept));
      assertEquals(List.of(kept), pipes.keep(List.of(pipe)));
    }
    assertFalse(Files.exists(kept.getParent()));
  }

  /** As shells pass it on: a link to a pipe that has no name. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void aPipeWithoutANameIsRead() throws Exception {
    Process writer = new ProcessBuilder("sh", "-c", "printf words; exec sleep 0.5").start();
    try (PipedTexts pipes = new PipedTexts(Progress.NONE)) {
      Path pipe = Path.of("/proc/%d/fd/1".formatted(writer.pid()));
      assertEquals("words", Files.readString(pipes.keep(List.of(pipe)).getFirst()));
    }
  }

  @Test
  void aPipeThatNobodyWritesToIsNotWaitedFor() throws Exception {
    Path pipe = pipe();
    try (PipedTexts pipes = new PipedTexts(Progress.NONE, Duration.ofMillis(50))) {
      AwpException refusal = assertThrows(AwpException.class, () -> pipes.keep(List.of(pipe)));
      assertTrue(
          refusal.getMessage().startsWith(pipe + ": is a FIFO that nothing writes to"),
          refusal.getMessage());
    }
    AwpException inFolder = assertThrows(AwpException.class, () -> TextContent.of(pipe));
    assertEquals(pipe + ": is a FIFO where a file is expected", inFolder.getMessage());
  }

  @Test
  void devicesAndLoopsOfLinksAreNamed() throws Exception {
    Path loop = folder.resolve("loop");
    Files.createSymbolicLink(loop, loop);
    try (PipedTexts pipes = new PipedTexts(Progress.NONE)) {
      for (Path text : pipes.keep(List.of(loop, Path.of("/dev/zero"), folder.resolve("none")))) {
        AwpException refusal = assertThrows(AwpException.class, () -> TextContent.of(text));
        assertTrue(refusal.getMessage().startsWith(text + ": "), refusal.getMessage());
      }
    }
  }
}
