// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import dev.awp.AwpException;
import dev.awp.checkpoint.EncodedTensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** Any GGUF file, mapped: its tensors in the file's own names, orders of rows and paddings. */
public final class MappedGguf {
  private final GgufFile file;
  private final MemorySegment data;

  private MappedGguf(GgufFile file, MemorySegment data) {
    this.file = file;
    this.data = data;
  }

  /** Maps a file into an arena that all threads can use. */
  public static MappedGguf open(Path path, Arena arena) {
    GgufFile file = GgufFile.read(path);
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return new MappedGguf(
          file, channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
    } catch (IOException e) {
      throw new AwpException(path + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** The table of contents. */
  public GgufFile file() {
    return file;
  }

  /**
   * A tensor that decodes to float32, all dimensions but the last together as rows; empty where awp
   * does not know the type's values.
   */
  public Optional<EncodedTensor> decoded(GgufTensor tensor) {
    Optional<GgufType> type = tensor.type().filter(MappedGguf::hasValues);
    long elements = tensor.shape().stream().reduce(1L, Math::multiplyExact);
    long columns = tensor.shape().getLast();
    if (type.isEmpty() || elements == 0 || columns % type.get().blockColumns() != 0) {
      return Optional.empty();
    }
    int rows = Math.toIntExact(elements / columns);
    int width = Math.toIntExact(columns);
    String name = tensor.name();
    GgufTensorPlan plan =
        new GgufTensorPlan(
            name, name, type.get(), false, rows, width, rows, width, RowOrder.NATURAL);
    MemorySegment bytes = data.asSlice(tensor.offset(), tensor.byteSize());
    return Optional.of(
        new GgufStoredTensor(plan, GgufStoredTensor.view(tensor, file.file(), bytes)));
  }

  private static boolean hasValues(GgufType type) {
    return switch (type) {
      case F32, F16, BF16 -> true;
      default -> type.grid().isPresent();
    };
  }
}
