// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.disk;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.channels.FileChannel;

/**
 * Where a tensor's bytes lie in the folder that is being written, and what they are.
 *
 * @param file path inside the folder, with slashes
 * @param offset of the first byte in the file
 * @param sha256 of the bytes, in hexadecimal digits
 */
public record WrittenPiece(String tensor, String file, long offset, long length, String sha256) {
  public WrittenPiece {
    requireNonNull(tensor, "tensor");
    requireNonNull(file, "file");
    requireNonNull(sha256, "sha256");
    if (offset < 0 || length < 0) {
      throw new IllegalArgumentException("no file has %s bytes at %s".formatted(length, offset));
    }
  }

  /** Whether these bytes are in the file; false too where the disk cannot read them. */
  public boolean liesIn(FileChannel channel) {
    try {
      return Sha256.of(channel, offset, length).equals(sha256);
    } catch (IOException e) {
      // The file ends before it, or the disk fails: whatever it was, it is not there.
      return false;
    }
  }

  /** The same piece, its path beginning with another folder's. */
  public WrittenPiece withFile(String path) {
    return new WrittenPiece(tensor, path, offset, length, sha256);
  }
}
