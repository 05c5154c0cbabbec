// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.file;

import dev.awp.AwpException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Reads a header from front to back; nothing is allocated by a length that the file cannot hold.
 */
final class GgufCursor {
  private static final int WINDOW = 1 << 16;

  private final Path file;
  private final FileChannel channel;
  private final long size;
  private final ByteBuffer window = ByteBuffer.allocate(WINDOW).order(ByteOrder.LITTLE_ENDIAN);
  private long windowStart;

  GgufCursor(Path file, FileChannel channel, long size) {
    this.file = file;
    this.channel = channel;
    this.size = size;
    window.limit(0);
  }

  long position() {
    return windowStart + window.position();
  }

  long remaining() {
    return size - position();
  }

  int u8(String what) {
    return need(1, what).get() & 0xff;
  }

  int u16(String what) {
    return need(2, what).getShort() & 0xffff;
  }

  int i32(String what) {
    return need(4, what).getInt();
  }

  long i64(String what) {
    return need(8, what).getLong();
  }

  /** A count of things that take that many bytes each at least. */
  long count(String what, long leastBytes) {
    long count = i64(what);
    if (count < 0 || count > remaining() / leastBytes) {
      throw fail(
          "%s is %s, more than the %s bytes that follow can hold"
              .formatted(what, Long.toUnsignedString(count), remaining()));
    }
    return count;
  }

  String text(String what) {
    long length = count("the length of " + what, 1);
    if (length > Integer.MAX_VALUE - 8) {
      throw fail("%s has %s bytes, longer than awp reads".formatted(what, length));
    }
    byte[] bytes = new byte[(int) length];
    for (int done = 0; done < bytes.length; ) {
      int some = Math.min(WINDOW, bytes.length - done);
      need(some, what).get(bytes, done, some);
      done += some;
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new AwpException(
          "%s: %s before byte %s is not UTF-8".formatted(file, what, position()), e);
    }
  }

  /** The window with at least so many bytes, at most a window's, from the position on. */
  private ByteBuffer need(int bytes, String what) {
    if (bytes > remaining()) {
      throw fail("%s goes beyond the end of the file, is it truncated?".formatted(what));
    }
    if (window.remaining() < bytes) {
      windowStart = position();
      window.clear();
      window.limit((int) Math.min(WINDOW, size - windowStart));
      try {
        while (window.hasRemaining()) {
          if (channel.read(window, windowStart + window.position()) < 0) {
            throw fail("the file became shorter while it was read");
          }
        }
      } catch (IOException e) {
        throw new AwpException(file + ": cannot be read: " + e.getMessage(), e);
      }
      window.flip();
    }
    return window;
  }

  AwpException fail(String rule) {
    return new AwpException("%s, byte %s: %s".formatted(file, position(), rule));
  }
}
