// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.tensor.Matrix;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class ScratchFileTest {
  @TempDir private Path folder;

  private long files() throws Exception {
    try (Stream<Path> content = Files.list(folder)) {
      return content.count();
    }
  }

  @Test
  void beginsWithZerosKeepsValuesAndLeavesNothing() throws Exception {
    // More than one piece of zeros, and not a whole number of them.
    try (ScratchFile scratch = ScratchFile.create(folder, 1001, 333)) {
      Matrix matrix = scratch.matrix();
      assertEquals(1001, matrix.rows());
      assertEquals(333, matrix.columns());
      assertTrue(matrix.segment().isMapped());
      assertEquals(0, matrix.get(1000, 332));
      for (int r = 0; r < 1001; r++) {
        matrix.set(r, r % 333, r);
      }
      for (int r = 0; r < 1001; r++) {
        assertEquals(r, matrix.get(r, r % 333));
        assertEquals(0, matrix.get(r, (r + 1) % 333));
      }
    }
    assertEquals(0, files());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void hasNoNameWhileItIsOpen() throws Exception {
    try (ScratchFile scratch = ScratchFile.create(folder, 2, 3)) {
      assertEquals(6, scratch.matrix().size());
      assertEquals(0, files());
    }
  }

  @Test
  void aFolderThatCannotHoldItIsNamed() {
    Path missing = folder.resolve("missing");
    AwpException refusal =
        assertThrows(AwpException.class, () -> ScratchFile.create(missing, 2, 3).close());
    assertTrue(
        refusal.getMessage().startsWith(missing + ": has no room for activations of 24 bytes: "),
        refusal.getMessage());
  }
}
