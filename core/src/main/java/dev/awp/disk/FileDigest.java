// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.disk;

import dev.awp.AwpException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * The SHA-256 of a file that is read from its beginning in steps, so that others can use what is in
 * the operating system's cache meanwhile. For one thread at a time.
 */
public final class FileDigest implements AutoCloseable {
  private final Path file;
  private final FileChannel channel;
  private final MessageDigest digest = Sha256.digest();
  private final ByteBuffer piece = Sha256.piece(Long.MAX_VALUE);
  private long done;

  private FileDigest(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /** Begins; AwpException where the file cannot be read. */
  public static FileDigest open(Path file) {
    try {
      return new FileDigest(file, FileChannel.open(file, StandardOpenOption.READ));
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** Reads on, up to that byte (exclusive); AwpException where the file cannot be read. */
  public void readTo(long end) {
    try {
      Sha256.update(digest, channel, done, end, piece);
      done = Math.max(done, end);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** Reads the rest; the sum in hexadecimal digits. */
  public String finish() {
    try {
      readTo(channel.size());
    } catch (IOException e) {
      throw unreadable(file, e);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static AwpException unreadable(Path file, IOException e) {
    return new AwpException(file + ": cannot be read: " + e.getMessage(), e);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }
}
