// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.disk;

import dev.awp.AwpException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/**
 * Keeps a folder to one process: a locked file in it, which names the process. The operating system
 * takes the lock back when the process ends, however it ends.
 */
public final class FolderLock implements AutoCloseable {
  private static final int TRIES = 10;

  /** A byte behind all content, so that the others can read who holds the lock everywhere. */
  private static final long LOCKED_BYTE = Long.MAX_VALUE - 1;

  private final FileChannel channel;

  private FolderLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock.
   *
   * @param file made where it is not there; its folder must exist
   * @throws AwpException where another process, or another run in this one, has it
   */
  public static FolderLock acquire(Path file) {
    try {
      for (int i = 0; i < TRIES; i++) {
        FileChannel channel =
            FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
          if (isMine(channel, file)) {
            return new FolderLock(channel);
          }
          channel.close();
        } catch (IOException | RuntimeException e) {
          channel.close();
          throw e;
        }
      }
      throw new AwpException(file + ": other runs come and go here, no lock was got");
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be locked: " + e.getMessage(), e);
    }
  }

  /** False where the file that was locked is no longer the one of that name: its owner ended. */
  private static boolean isMine(FileChannel channel, Path file) throws IOException {
    if (!tryLock(channel)) {
      throw new AwpException(
          "%s: another run is at work in this folder (%s); wait for it, or choose another output"
              .formatted(file.getParent(), owner(file)));
    }
    String name =
        "process %d since %s, %s%n"
            .formatted(
                ProcessHandle.current().pid(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS),
                UUID.randomUUID());
    channel.truncate(0);
    channel.write(ByteBuffer.wrap(name.getBytes(StandardCharsets.UTF_8)), 0);
    try {
      return Files.readString(file).equals(name);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock(LOCKED_BYTE, 1, false);
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private static String owner(Path file) {
    try {
      String name = Files.readString(file);
      int end = name.lastIndexOf(',');
      return end < 0 ? "an unnamed process" : name.substring(0, end);
    } catch (IOException e) {
      return "an unnamed process";
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new AwpException("a lock cannot be given back: " + e.getMessage(), e);
    }
  }
}
