// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.disk;

import dev.awp.AwpException;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A matrix in a mapped file that is gone when it is closed: the operating system writes out what
 * memory has no room for. Where it can, the file has no name from the beginning, so that not even a
 * killed process leaves it behind.
 */
public final class ScratchFile implements AutoCloseable {
  private static final int PIECE = 1 << 20;

  private final Path file;
  private final Arena arena;
  private final Matrix matrix;

  private ScratchFile(Path file, Arena arena, Matrix matrix) {
    this.file = file;
    this.arena = arena;
    this.matrix = matrix;
  }

  /**
   * Zeros, [rows, columns].
   *
   * @throws AwpException where the folder has no room for it
   */
  @SuppressWarnings("MustBeClosed") // the arena is closed by close(), or below
  public static ScratchFile create(Path folder, int rows, int columns) {
    long bytes = Math.multiplyExact((long) rows * columns, Float.BYTES);
    Arena arena = Arena.ofShared();
    try {
      Path file = Files.createTempFile(folder, "awp-scratch-", ".tmp");
      try {
        Matrix matrix = Matrix.wrap(map(file, bytes, arena), rows, columns);
        unlink(file);
        return new ScratchFile(file, arena, matrix);
      } catch (IOException | RuntimeException | Error e) {
        Files.deleteIfExists(file);
        throw e;
      }
    } catch (IOException e) {
      arena.close();
      throw new AwpException(
          "%s: has no room for activations of %s bytes: %s"
              .formatted(folder, bytes, e.getMessage()),
          e);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  private static MemorySegment map(Path file, long bytes, Arena arena) throws IOException {
    try (Arena scratch = Arena.ofConfined();
        FileChannel channel =
            FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      // Written, not only sized: a full disk is an exception here, and would be a signal that ends
      // the JVM when the first thread touches a page that has no block.
      ByteBuffer zeros = scratch.allocate(Math.min(PIECE, bytes)).asByteBuffer();
      for (long done = 0; done < bytes; ) {
        zeros.clear().limit((int) Math.min(zeros.capacity(), bytes - done));
        done += channel.write(zeros, done);
      }
      return channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
    }
  }

  /** Windows keeps the name of a mapped file: there {@link #close} deletes it. */
  private static void unlink(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      return;
    }
  }

  public Matrix matrix() {
    return matrix;
  }

  @Override
  public void close() {
    arena.close();
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be removed: " + e.getMessage(), e);
    }
  }
}
