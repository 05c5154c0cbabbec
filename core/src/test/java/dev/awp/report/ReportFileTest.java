// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportFileTest {
  @Test
  void whatCannotBeWrittenLeavesNothingBeside(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("batch.json");
    Files.createDirectories(file.resolve("not empty"));
    String message =
        assertThrows(AwpException.class, () -> ReportFile.writeText("x", file)).getMessage();
    assertTrue(message.startsWith(file + ": the report cannot be written"), message);
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(1, left.count());
    }
  }
}
