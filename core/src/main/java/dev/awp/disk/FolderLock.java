// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.disk;

import dev.awp.AwpException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Keeps a folder to one process: a locked file in it, which names the process. The operating system
 * takes the lock back when the process ends, however it ends.
 *
 * <p>POSIX takes it back too as soon as the process closes any other descriptor of the file. So
 * nothing in this process may open the file while the lock is held: runs of one process know of
 * each other by {@link #HELD}, and whether the file is still the one of its name is told by its
 * length, which each owner draws anew.
 */
public final class FolderLock implements AutoCloseable {
  /** What is told of a folder that another run has. */
  public static final String TAKEN = "another run is at work in this folder";

  private static final int TRIES = 10;

  /** Lengths that an owner draws from: that of the name, and up to so many bytes more. */
  private static final int LENGTHS = 1 << 16;

  /** A byte behind all content, so that the others can read who holds the lock everywhere. */
  private static final long LOCKED_BYTE = Long.MAX_VALUE - 1;

  /** The files that this process has locked: what the operating system does not tell it. */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final Path held;
  private final FileChannel channel;

  private FolderLock(Path file, Path held, FileChannel channel) {
    this.file = file;
    this.held = held;
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
      Path held = file.getParent().toRealPath().resolve(file.getFileName());
      if (!HELD.add(held)) {
        throw taken(file, "process %s, this one".formatted(ProcessHandle.current().pid()));
      }
      try {
        return new FolderLock(file, held, lock(file));
      } catch (IOException | RuntimeException e) {
        HELD.remove(held);
        throw e;
      }
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be locked: " + e.getMessage(), e);
    }
  }

  private static FileChannel lock(Path file) throws IOException {
    for (int i = 0; i < TRIES; i++) {
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      try {
        if (channel.tryLock(LOCKED_BYTE, 1, false) == null) {
          throw taken(file, owner(file));
        }
        sign(channel);
        if (isNamed(channel, file)) {
          return channel;
        }
        channel.close(); // its owner ended, and removed it before it was locked here
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    }
    throw new AwpException(file + ": other runs come and go here, no lock was got");
  }

  /** Writes who holds the lock, and draws the file's length. */
  private static void sign(FileChannel channel) throws IOException {
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    String name = "process %s since %s,".formatted(ProcessHandle.current().pid(), now);
    int more = ThreadLocalRandom.current().nextInt(LENGTHS);
    channel.truncate(0);
    channel.write(ByteBuffer.wrap((name + " ".repeat(more)).getBytes(StandardCharsets.UTF_8)), 0);
  }

  /** Whether the file of that name is the one of the channel. */
  private static boolean isNamed(FileChannel channel, Path file) throws IOException {
    try {
      return Files.size(file) == channel.size();
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** Whether the file is still there: false where somebody removed or replaced the folder. */
  public boolean isInPlace() {
    try {
      return isNamed(channel, file);
    } catch (IOException e) {
      return false;
    }
  }

  private static AwpException taken(Path file, String owner) {
    return new AwpException(
        "%s: %s (%s); wait for it, or choose another output"
            .formatted(file.getParent(), TAKEN, owner));
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
    } finally {
      HELD.remove(held);
    }
  }
}
