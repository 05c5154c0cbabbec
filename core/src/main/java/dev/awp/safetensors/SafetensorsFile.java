// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.safetensors;

import dev.awp.AwpException;
import dev.awp.disk.FoundFile;
import dev.awp.stored.TensorView;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One safetensors file: read its header, map its data. */
public final class SafetensorsFile {
  /** Name of the file of a checkpoint that is not in shards. */
  public static final String SINGLE = "model.safetensors";

  private SafetensorsFile() {}

  /** The tensors of a file, in the order of their data, mapped read-only into the arena. */
  public static List<TensorView> map(Path file, Arena arena) {
    return read(
        file,
        (channel, header, dataStart) -> {
          MemorySegment data = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
          List<TensorView> views = new ArrayList<>();
          for (SafetensorsHeader.Entry entry : header.tensors()) {
            long offset = dataStart + entry.begin();
            MemorySegment slice = data.asSlice(offset, entry.end() - entry.begin());
            views.add(
                new TensorView(entry.name(), entry.dtype(), entry.shape(), file, offset, slice));
          }
          return views;
        });
  }

  /** The strings that a file's header has beside its tensors. */
  public static Map<String, String> metadata(Path file) {
    return read(file, (_, header, _) -> header.metadata());
  }

  /** What becomes of a file whose header was read. */
  private interface Use<T> {
    T of(FileChannel channel, SafetensorsHeader header, long dataStart) throws IOException;
  }

  private static <T> T read(Path file, Use<T> use) {
    FoundFile.check(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      long headerLength = headerLength(channel, file, size);
      long dataStart = SafetensorsHeader.PREFIX + headerLength;
      byte[] json = new byte[(int) headerLength];
      readFully(channel, ByteBuffer.wrap(json), SafetensorsHeader.PREFIX);
      if (json.length == 0 || json[0] != '{') {
        throw other(file, "the header does not begin with '{'");
      }
      SafetensorsHeader header = new SafetensorsHeaderParser(file, size - dataStart).parse(json);
      return use.of(channel, header, dataStart);
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static long headerLength(FileChannel channel, Path file, long size) throws IOException {
    if (size < SafetensorsHeader.PREFIX) {
      throw other(file, size + " bytes are too few for a safetensors file, is it truncated?");
    }
    ByteBuffer prefix = ByteBuffer.allocate(SafetensorsHeader.PREFIX);
    readFully(channel, prefix, 0);
    long length = prefix.order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    if (length < 0 || length > SafetensorsHeader.MAX_LENGTH) {
      throw other(
          file,
          "a header of %s bytes is longer than the %s that the format allows"
              .formatted(Long.toUnsignedString(length), SafetensorsHeader.MAX_LENGTH));
    }
    if (length > size - SafetensorsHeader.PREFIX) {
      throw other(
          file,
          "the header of %s bytes goes beyond the end of the file of %s bytes, is it truncated?"
              .formatted(length, size));
    }
    return length;
  }

  /** What breaks a rule from the first bytes on may be something else altogether. */
  private static AwpException other(Path file, String rule) {
    return new AwpException(
        FoundFile.kindOfBinary(file)
            .map(kind -> "%s: is no safetensors file but %s".formatted(file, kind))
            .orElse(file + ": " + rule));
  }

  private static void readFully(FileChannel channel, ByteBuffer into, long position)
      throws IOException {
    long at = position;
    while (into.hasRemaining()) {
      int read = channel.read(into, at);
      if (read < 0) {
        throw new EOFException("the file ended at " + at);
      }
      at += read;
    }
  }
}
