// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.disk;

import dev.awp.AwpException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/** Folders as a whole: made durable, removed. Links in them are never followed. */
public final class Folders {
  private Folders() {}

  /** Turns an I/O failure into the user's sentence. */
  public static AwpException unwritable(Path file, IOException e) {
    return new AwpException(file + ": cannot be written: " + e.getMessage(), e);
  }

  /** Syncs every file below a folder, and the folders' own lists of names. */
  public static void forceTree(Path root) throws IOException {
    for (Path path : tree(root)) {
      if (Files.isRegularFile(path)) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
          channel.force(true);
        }
      } else {
        force(path);
      }
    }
  }

  /**
   * Syncs a folder's list of names. POSIX systems only can; elsewhere the data are durable, and
   * whether a new name is depends on the system.
   */
  public static void force(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      return;
    }
  }

  /** Removes a folder and what is in it, where it is there. */
  public static void delete(Path root) throws IOException {
    if (Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
      for (Path path : tree(root).reversed()) {
        Files.delete(path);
      }
    }
  }

  /** The folder and all that is below it, parents first. */
  public static List<Path> tree(Path root) throws IOException {
    try (Stream<Path> tree = Files.walk(root)) {
      return tree.toList();
    }
  }
}
