// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Room on a disk. */
class DiskSpaceTest {
  @TempDir private Path folder;

  @Test
  void aFolderThatIsStillToBeMadeIsOnTheDiskOfItsParents() {
    assertTrue(DiskSpace.free(folder.resolve("a/b/c")) > 0);
  }

  @Test
  void whatDoesNotFitIsRefusedWithBothSizes() {
    DiskSpace.check(folder, 5, 5);
    AwpException refusal =
        assertThrows(AwpException.class, () -> DiskSpace.check(folder, 20_000_000_000L, 1_500_000));
    assertEquals(
        folder + ": 20000.0 MB are to be written, and the disk has room for 1.5 MB",
        refusal.getMessage());
  }
}
