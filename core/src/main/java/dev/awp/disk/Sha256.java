// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.disk;

import dev.awp.AwpException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 in hexadecimal digits. */
public final class Sha256 {
  private static final int PIECE = 1 << 20;

  private Sha256() {}

  /** Of some bytes. */
  public static String of(byte[] bytes) {
    return HexFormat.of().formatHex(digest().digest(bytes));
  }

  /** Of memory of any kind. */
  public static String of(MemorySegment bytes) {
    MessageDigest digest = digest();
    for (long at = 0; at < bytes.byteSize(); at += PIECE) {
      digest.update(bytes.asSlice(at, Math.min(PIECE, bytes.byteSize() - at)).asByteBuffer());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /**
   * Of a whole file.
   *
   * @throws AwpException where it cannot be read
   */
  public static String of(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return of(channel, 0, channel.size());
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** Of what a stream still holds, while it is copied. */
  public static String copying(InputStream in, OutputStream out) throws IOException {
    DigestInputStream digested = new DigestInputStream(in, digest());
    digested.transferTo(out);
    return HexFormat.of().formatHex(digested.getMessageDigest().digest());
  }

  /** Of a range of a file; EOFException where the file ends before it. */
  public static String of(FileChannel channel, long offset, long length) throws IOException {
    MessageDigest digest = digest();
    update(digest, channel, offset, offset + length, piece(length));
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Room to read so many bytes through, piece by piece. */
  static ByteBuffer piece(long length) {
    return ByteBuffer.allocate((int) Math.min(PIECE, length));
  }

  /** Adds the bytes of a file from one place to another, read through the piece. */
  static void update(
      MessageDigest digest, FileChannel channel, long from, long to, ByteBuffer piece)
      throws IOException {
    for (long at = from; at < to; ) {
      piece.clear().limit((int) Math.min(piece.capacity(), to - at));
      int read = channel.read(piece, at);
      if (read < 0) {
        throw new EOFException("the file ended at " + at);
      }
      digest.update(piece.flip());
      at += read;
    }
  }

  static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
