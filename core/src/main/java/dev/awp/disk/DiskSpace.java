// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.disk;

import dev.awp.AwpException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Room on a disk, asked for before the work that fills it. */
public final class DiskSpace {
  private DiskSpace() {}

  /**
   * Bytes that this process may still write where a path lies, or will lie; 0 where the system does
   * not tell. The file system is asked, not the table of mounts: a chroot has none.
   */
  public static long free(Path path) {
    Path folder = path.toAbsolutePath().normalize();
    while (!Files.exists(folder)) {
      folder = folder.getParent();
    }
    return folder.toFile().getUsableSpace();
  }

  /**
   * Refuses work for which there is no room.
   *
   * @param path to be written
   * @param needed bytes of it
   * @param free bytes that there are
   */
  public static void check(Path path, long needed, long free) {
    if (needed > free) {
      throw new AwpException(
          "%s: %s are to be written, and the disk has room for %s"
              .formatted(path, megabytes(needed), megabytes(free)));
    }
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }
}
