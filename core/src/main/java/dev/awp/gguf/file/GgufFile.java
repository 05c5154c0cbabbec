// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.file;

import dev.awp.AwpException;
import dev.awp.disk.FoundFile;
import dev.awp.gguf.GgufValue;
import dev.awp.gguf.GgufValue.Kind;
import dev.awp.gguf.block.BlockType;
import dev.awp.stored.TensorView;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The header of a GGUF file of version 2 or 3: metadata and tensor table, with every count, length
 * and offset held against the file's size before anything is allocated or read by it.
 *
 * @param tensors in the order of their data
 */
public record GgufFile(Path file, Map<String, GgufValue> metadata, List<GgufTensor> tensors) {
  private static final int MOST_DIMENSIONS = 4;
  private static final int LEAST_TENSOR_BYTES = 8 + 4 + 8 + 4 + 8;
  private static final int LEAST_KEY_BYTES = 8 + 4 + 1;
  private static final int MOST_ALIGNMENT = 1 << 20;

  /** Far above any model, low enough that the entries fit the heap. */
  private static final int MOST_ENTRIES = 1 << 20;

  private static final int MOST_ITEMS = 1 << 24;

  /** Reads a header. */
  public static GgufFile read(Path file) {
    FoundFile.check(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      return new Reader(file, size, new GgufCursor(file, channel, size)).read();
    } catch (NoSuchFileException e) {
      throw new AwpException(file + ": the file is missing", e);
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** The tensor of that name. */
  public Optional<GgufTensor> tensor(String name) {
    return tensors.stream().filter(tensor -> tensor.name().equals(name)).findFirst();
  }

  /** The bytes of a tensor, mapped from the file. */
  public TensorView view(GgufTensor tensor, Arena arena) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      if (channel.size() < tensor.offset() + tensor.byteSize()) {
        throw new AwpException(
            "%s: tensor %s goes beyond the end of the file, it was truncated while in use"
                .formatted(file, tensor.name()));
      }
      MemorySegment data =
          channel.map(FileChannel.MapMode.READ_ONLY, tensor.offset(), tensor.byteSize(), arena);
      return tensor.view(file, data);
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static final class Reader {
    private final Path file;
    private final long size;
    private final GgufCursor cursor;

    Reader(Path file, long size, GgufCursor cursor) {
      this.file = file;
      this.size = size;
      this.cursor = cursor;
    }

    GgufFile read() {
      if (cursor.i32("the magic number") != GgufPlan.MAGIC) {
        throw new AwpException(
            "%s: not a GGUF file: it does not begin with \"GGUF\"%s"
                .formatted(file, FoundFile.kindOfBinary(file).map(k -> ", it is " + k).orElse("")));
      }
      int version = cursor.i32("the version");
      if (version != 2 && version != GgufPlan.VERSION) {
        throw cursor.fail(
            "version %s is not read, only 2 and 3 are"
                .formatted(Integer.toUnsignedString(version)));
      }
      int tensorCount = entries("the number of tensors", LEAST_TENSOR_BYTES);
      int keyCount = entries("the number of metadata keys", LEAST_KEY_BYTES);
      Map<String, GgufValue> metadata = new LinkedHashMap<>();
      for (int i = 0; i < keyCount; i++) {
        String key = cursor.text("a metadata key");
        if (metadata.containsKey(key)) {
          throw cursor.fail("the metadata key '%s' comes twice".formatted(key));
        }
        metadata.put(key, value("the value of " + key, kind("the type of " + key)));
      }
      long alignment = alignment(metadata);
      List<GgufTensor> table = new ArrayList<>();
      for (int i = 0; i < tensorCount; i++) {
        table.add(tensor(alignment));
      }
      return new GgufFile(file, metadata, placed(table, alignment));
    }

    private int entries(String what, int leastBytes) {
      long count = cursor.count(what, leastBytes);
      if (count > MOST_ENTRIES) {
        throw cursor.fail("%s is %s, at most %s are read".formatted(what, count, MOST_ENTRIES));
      }
      return (int) count;
    }

    private Kind kind(String what) {
      int id = cursor.i32(what);
      return Kind.of(id)
          .orElseThrow(
              () ->
                  cursor.fail(
                      "%s is %s, the types are 0 to 12"
                          .formatted(what, Integer.toUnsignedString(id))));
    }

    private GgufValue value(String what, Kind kind) {
      return switch (kind) {
        case U8 -> new GgufValue.Whole(kind, cursor.u8(what));
        case I8 -> new GgufValue.Whole(kind, (byte) cursor.u8(what));
        case U16 -> new GgufValue.Whole(kind, cursor.u16(what));
        case I16 -> new GgufValue.Whole(kind, (short) cursor.u16(what));
        case U32 -> new GgufValue.Whole(kind, Integer.toUnsignedLong(cursor.i32(what)));
        case I32 -> new GgufValue.Whole(kind, cursor.i32(what));
        case U64, I64 -> new GgufValue.Whole(kind, cursor.i64(what));
        case F32 -> new GgufValue.Real(kind, Float.intBitsToFloat(cursor.i32(what)));
        case F64 -> new GgufValue.Real(kind, Double.longBitsToDouble(cursor.i64(what)));
        case BOOL -> new GgufValue.Flag(cursor.u8(what) != 0);
        case STRING -> new GgufValue.Text(cursor.text(what));
        case ARRAY -> items(what);
      };
    }

    private GgufValue items(String what) {
      Kind element = kind("the element type of " + what);
      if (element == Kind.ARRAY) {
        throw cursor.fail(what + " is an array of arrays, which is not read");
      }
      long count = cursor.count("the length of " + what, element.leastBytes());
      if (count > MOST_ITEMS) {
        throw cursor.fail(
            "%s has %s items, at most %s are read".formatted(what, count, MOST_ITEMS));
      }
      List<GgufValue> values = new ArrayList<>();
      for (long i = 0; i < count; i++) {
        values.add(value(what, element));
      }
      return new GgufValue.Items(element, values);
    }

    private long alignment(Map<String, GgufValue> metadata) {
      GgufValue value =
          metadata.getOrDefault("general.alignment", GgufValue.of(GgufPlan.ALIGNMENT));
      long alignment = value instanceof GgufValue.Whole whole ? whole.value() : 0;
      if (alignment < 1 || alignment > MOST_ALIGNMENT || Long.bitCount(alignment) != 1) {
        throw cursor.fail("general.alignment is %s, it must be a power of two".formatted(value));
      }
      return alignment;
    }

    /**
     * An entry of the table; its offset still counts from the data's begin, its size is unknown.
     */
    private GgufTensor tensor(long alignment) {
      String name = cursor.text("a tensor's name");
      int rank = cursor.i32("the rank of " + name);
      if (rank < 1 || rank > MOST_DIMENSIONS) {
        throw cursor.fail(
            "tensor %s has the rank %s, it must be 1 to 4"
                .formatted(name, Integer.toUnsignedString(rank)));
      }
      List<Long> shape = new ArrayList<>();
      for (int i = 0; i < rank; i++) {
        long extent = cursor.i64("the shape of " + name);
        if (extent < 0) {
          throw cursor.fail(
              "tensor %s has the size %s".formatted(name, Long.toUnsignedString(extent)));
        }
        shape.addFirst(extent);
      }
      try {
        // What awp does not know the type of is told by its elements, whatever bytes they take.
        long ignored = shape.stream().reduce(1L, Math::multiplyExact);
      } catch (ArithmeticException e) {
        throw cursor.fail(
            "tensor %s has the shape %s, 2^63 elements or more".formatted(name, shape));
      }
      int type = cursor.i32("the type of " + name);
      long offset = cursor.i64("the offset of " + name);
      if (offset < 0 || offset % alignment != 0) {
        throw cursor.fail(
            "tensor %s begins at %s, no multiple of the alignment %s"
                .formatted(name, Long.toUnsignedString(offset), alignment));
      }
      return new GgufTensor(name, shape, type, offset, 0);
    }

    private List<GgufTensor> placed(List<GgufTensor> table, long alignment) {
      long start = Math.ceilDiv(cursor.position(), alignment) * alignment;
      List<GgufTensor> ordered = new ArrayList<>(table);
      ordered.sort(Comparator.comparingLong(GgufTensor::offset));
      Set<String> names = new HashSet<>();
      List<GgufTensor> placed = new ArrayList<>();
      for (int i = 0; i < ordered.size(); i++) {
        GgufTensor tensor = ordered.get(i);
        if (!names.add(tensor.name())) {
          throw fail(tensor, "comes twice");
        }
        long most = Math.max(0, size - start);
        long end = i + 1 < ordered.size() ? Math.min(ordered.get(i + 1).offset(), most) : most;
        if (tensor.offset() > most) {
          throw fail(tensor, "begins beyond the end of the file");
        }
        long bytes =
            tensor.type().isPresent()
                ? byteSize(tensor, tensor.type().get())
                : end - tensor.offset();
        if (bytes > end - tensor.offset()) {
          throw fail(
              tensor,
              "takes %s bytes, up to the next tensor or the end of the file are %s"
                  .formatted(bytes, end - tensor.offset()));
        }
        placed.add(
            new GgufTensor(
                tensor.name(), tensor.shape(), tensor.typeId(), start + tensor.offset(), bytes));
      }
      return placed;
    }

    private long byteSize(GgufTensor tensor, BlockType type) {
      long columns = tensor.shape().getLast();
      if (columns % type.blockColumns() != 0) {
        throw fail(
            tensor,
            "has %s columns, no multiple of the %s of a %s block"
                .formatted(columns, type.blockColumns(), type));
      }
      try {
        return new GgufPlan.Wanted(tensor.name(), type, tensor.shape()).byteSize();
      } catch (ArithmeticException e) {
        throw fail(tensor, "has the shape " + tensor.shape() + ", more than 2^63 bytes");
      }
    }

    private AwpException fail(GgufTensor tensor, String rule) {
      return new AwpException("%s: tensor %s %s".formatted(file, tensor.name(), rule));
    }
  }
}
