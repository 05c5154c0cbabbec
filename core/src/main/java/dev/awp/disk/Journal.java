// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.disk;

import dev.awp.AwpException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Records that survive their process: a file of lines "SHA-256 record", appended and synced one by
 * one. Each checksum covers the one before it, so a record that is torn, changed, out of order or
 * of another journal ends what is believed: it and all that comes after it are cut off when the
 * journal is opened.
 */
public final class Journal implements AutoCloseable {
  /** What the first checksum covers in place of one before it. */
  private static final String SEED = "awp journal 1";

  /** No journal of awp comes near it: a 70B model's has some 5 MB. */
  private static final long LARGEST = 1L << 28;

  private static final int DIGEST = 64;

  private final Path file;
  private final FileChannel channel;
  private final List<String> records = new ArrayList<>();
  private String last = SEED;
  private long end;

  private Journal(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /** Opens a journal, or begins one; the folder must exist. */
  public static Journal open(Path file) {
    try {
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      try {
        Journal journal = new Journal(file, channel);
        journal.read();
        return journal;
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw new AwpException(file + ": the journal cannot be opened: " + e.getMessage(), e);
    }
  }

  private void read() throws IOException {
    long size = channel.size();
    if (size > LARGEST) {
      throw new AwpException(
          "%s: a journal of %s bytes is none that awp wrote".formatted(file, size));
    }
    byte[] bytes = Files.readAllBytes(file);
    int start = 0;
    for (int at = 0; at < bytes.length; at++) {
      if (bytes[at] == '\n') {
        String line = new String(bytes, start, at - start, StandardCharsets.UTF_8);
        if (!believe(line)) {
          break;
        }
        start = at + 1;
      }
    }
    end = start;
    if (end < size) {
      channel.truncate(end);
      channel.force(true);
    }
  }

  private boolean believe(String line) {
    if (line.length() <= DIGEST || line.charAt(DIGEST) != ' ') {
      return false;
    }
    String record = line.substring(DIGEST + 1);
    String digest = digest(record);
    if (!line.startsWith(digest)) {
      return false;
    }
    records.add(record);
    last = digest;
    return true;
  }

  private String digest(String record) {
    return Sha256.of((last + '\n' + record).getBytes(StandardCharsets.UTF_8));
  }

  /** All records that can be believed, the oldest first. */
  public List<String> records() {
    return List.copyOf(records);
  }

  /**
   * Appends a record; it is on the disk when this returns.
   *
   * @param record without line breaks
   * @throws AwpException where it cannot be written; then it is not there
   */
  public void append(String record) {
    if (record.indexOf('\n') >= 0) {
      throw new IllegalArgumentException("a record is one line");
    }
    String digest = digest(record);
    ByteBuffer line =
        ByteBuffer.wrap((digest + ' ' + record + '\n').getBytes(StandardCharsets.UTF_8));
    long length = line.remaining();
    try {
      for (long at = end; line.hasRemaining(); ) {
        at += channel.write(line, at);
      }
      channel.force(true);
    } catch (IOException e) {
      // What was written of it overwrites itself, or is cut off when the journal is opened.
      throw new AwpException(file + ": the journal cannot be written: " + e.getMessage(), e);
    }
    records.add(record);
    last = digest;
    end += length;
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be closed: " + e.getMessage(), e);
    }
  }
}
