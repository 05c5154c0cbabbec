// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputStateTest {
  private static final List<String> WORDS = List.of("compress", "a", "out", "--bits=4");

  @TempDir private Path folder;
  private Path output;

  @BeforeEach
  void name() {
    output = folder.resolve("out");
  }

  private OutputState state() {
    return OutputState.of(folder, "a+w4", WORDS, output, List.of());
  }

  private void begin() throws IOException {
    Files.createDirectories(OutputState.work(output));
    Files.writeString(OutputState.work(output).resolve("journal"), "");
  }

  @Test
  void savedLayersAreGoneOnWithWhoeverSavedThem() throws IOException {
    assertEquals(OutputState.MISSING, state());
    begin();
    assertEquals(OutputState.UNFINISHED, state());
  }

  @Test
  void anOutputThatIsNotTidiedUpIsThatOfItsNoteOnly() throws IOException {
    begin();
    Files.createDirectories(output);
    Files.writeString(output.resolve("report.json"), "{}");
    OutputState.sign(folder, "a+w4", List.of("compress", "a", "out", "--bits=3"));
    String message = assertThrows(AwpException.class, this::state).getMessage();
    assertTrue(message.contains("is not what this run has written"), message);
    OutputState.sign(folder, "a+w4", WORDS);
    assertEquals(OutputState.UNFINISHED, state());
  }

  @Test
  void aNoteThatCannotBeWrittenLeavesNothing() throws IOException {
    // A folder that is not empty is not replaced.
    Files.createDirectories(folder.resolve("runs/a+w4/x"));
    assertThrows(AwpException.class, () -> OutputState.sign(folder, "a+w4", WORDS));
    try (var left = Files.list(folder.resolve("runs"))) {
      assertEquals(1, left.count());
    }
  }
}
