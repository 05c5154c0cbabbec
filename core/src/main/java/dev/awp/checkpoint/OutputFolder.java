// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import dev.awp.AwpException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder that is filled beside its final place and renamed when it is complete: the final folder
 * is never half-written. {@link #close} without {@link #commit} removes everything.
 */
public final class OutputFolder implements AutoCloseable {
  private final Path output;
  private final Path work;
  private boolean finished;

  private OutputFolder(Path output, Path work) {
    this.output = output;
    this.work = work;
  }

  /**
   * Begins a folder.
   *
   * @param output must not exist, or be an empty folder
   */
  public static OutputFolder create(Path output) {
    Path absolute = resolved(output);
    checkFree(absolute);
    Path parent = absolute.getParent();
    try {
      Files.createDirectories(parent);
      // Not a temporary folder of the JDK's, which nobody else could read after the rename.
      String suffix = Long.toHexString(new SecureRandom().nextLong());
      Path work = parent.resolve(absolute.getFileName() + ".partial-" + suffix);
      return new OutputFolder(absolute, Files.createDirectory(work));
    } catch (IOException e) {
      throw ShardWriter.failure(absolute, e);
    }
  }

  /** Through links: the folder that a link names is replaced, not the link. */
  private static Path resolved(Path output) {
    try {
      return Files.exists(output) ? output.toRealPath() : output.toAbsolutePath().normalize();
    } catch (IOException e) {
      throw ShardWriter.failure(output, e);
    }
  }

  /** Refuses an output folder that holds anything, or that no rename can replace. */
  public static void checkFree(Path output) {
    if (!Files.exists(output)) {
      return;
    }
    if (!Files.isDirectory(output)) {
      throw new AwpException(output + ": the output must be a folder, this is a file");
    }
    try (Stream<Path> content = Files.list(output)) {
      if (content.findAny().isPresent()) {
        throw new AwpException(
            output + ": the output folder is not empty; remove it or choose another");
      }
      Path real = output.toRealPath();
      if (real.getParent() == null
          || !Files.getFileStore(real).equals(Files.getFileStore(real.getParent()))) {
        throw new AwpException(
            output + ": the output folder is a mount point; choose a new folder inside it");
      }
    } catch (IOException e) {
      throw new AwpException(output + ": cannot be listed: " + e.getMessage(), e);
    }
  }

  /** The folder in which everything lies until {@link #commit}. */
  public Path workFolder() {
    return work;
  }

  /**
   * Makes everything durable and gives the folder its final name. Where only the naming fails, the
   * finished working folder stays and the message says where: hours of work are not thrown away.
   */
  public void commit() {
    try {
      forceAll();
    } catch (IOException e) {
      throw ShardWriter.failure(work, e);
    }
    finished = true;
    try {
      // An empty folder stands in the way of the rename on some systems.
      Files.deleteIfExists(output);
      Files.move(work, output, StandardCopyOption.ATOMIC_MOVE);
      forceFolder(output.getParent());
    } catch (IOException e) {
      throw new AwpException(
          "%s: cannot be put in place (%s), the finished model is in %s".formatted(output, e, work),
          e);
    }
  }

  private void forceAll() throws IOException {
    List<Path> all;
    try (Stream<Path> tree = Files.walk(work)) {
      all = tree.toList();
    }
    for (Path path : all) {
      if (Files.isRegularFile(path)) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
          channel.force(true);
        }
      } else {
        forceFolder(path);
      }
    }
  }

  /** Folders can be synced on POSIX systems only; elsewhere the rename has to do. */
  private static void forceFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // The data are synced; only the durability of the name depends on the system.
      return;
    }
  }

  @Override
  public void close() {
    if (finished) {
      return;
    }
    try {
      deleteTree(work);
    } catch (IOException | UncheckedIOException e) {
      throw new AwpException(work + ": cannot be removed: " + e.getMessage(), e);
    }
  }

  private static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> tree = Files.walk(root)) {
      all = tree.toList().reversed();
    }
    for (Path path : all) {
      Files.delete(path);
    }
  }
}
