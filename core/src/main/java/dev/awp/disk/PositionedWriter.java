// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.disk;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Writes memory of any size to places of a file. */
public record PositionedWriter(FileChannel channel) {
  /** ByteBuffers end at 2 GiB; larger memory is written in pieces. */
  private static final long PIECE = 1L << 30;

  /** Writes all parts, and returns how many bytes these were. */
  public long write(Parts parts, long position) throws IOException {
    long[] done = {0};
    parts.writeTo(
        part -> {
          write(part, position + done[0]);
          done[0] += part.byteSize();
        });
    return done[0];
  }

  /** Writes all bytes, which may be of any kind of segment. */
  public void write(MemorySegment bytes, long position) throws IOException {
    for (long done = 0; done < bytes.byteSize(); ) {
      long length = Math.min(PIECE, bytes.byteSize() - done);
      ByteBuffer piece = bytes.asSlice(done, length).asByteBuffer();
      while (piece.hasRemaining()) {
        done += channel.write(piece, position + done);
      }
    }
  }
}
