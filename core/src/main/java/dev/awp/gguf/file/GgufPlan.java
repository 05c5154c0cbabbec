// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.file;

import dev.awp.gguf.GgufValue;
import dev.awp.gguf.block.BlockType;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where every tensor of a file goes, decided before the first byte: tensors can then be written in
 * any order. Layout: "GGUF", version 3, counts, metadata, tensor table, then the data of the
 * tensors in the table's order, each at a multiple of 32 bytes.
 */
public final class GgufPlan {
  static final int MAGIC = 0x46554747;
  static final int VERSION = 3;
  static final int ALIGNMENT = 32;

  private final byte[] header;
  private final Map<String, GgufTensor> tensors;
  private final long fileBytes;

  private GgufPlan(byte[] header, Map<String, GgufTensor> tensors, long fileBytes) {
    this.header = header;
    this.tensors = tensors;
    this.fileBytes = fileBytes;
  }

  /** A tensor that is to be written; shape outermost first. */
  public record Wanted(String name, BlockType type, List<Long> shape) {
    public long byteSize() {
      long rows = shape.subList(0, shape.size() - 1).stream().reduce(1L, Math::multiplyExact);
      return Math.multiplyExact(rows, type.rowBytes(shape.getLast()));
    }

    /** What it takes of the file, with what lies between it and the next tensor. */
    public long takenBytes() {
      return aligned(byteSize());
    }
  }

  public static GgufPlan of(Map<String, GgufValue> metadata, List<Wanted> wanted) {
    Bytes bytes = new Bytes();
    bytes.u32(MAGIC);
    bytes.u32(VERSION);
    bytes.u64(wanted.size());
    bytes.u64(metadata.size());
    metadata.forEach(
        (key, value) -> {
          bytes.text(key);
          bytes.u32(value.kind().id());
          bytes.value(value);
        });
    List<Long> offsets = new ArrayList<>();
    long position = 0;
    for (Wanted tensor : wanted) {
      bytes.text(tensor.name());
      bytes.u32(tensor.shape().size());
      tensor.shape().reversed().forEach(bytes::u64);
      bytes.u32(tensor.type().id());
      bytes.u64(position);
      offsets.add(position);
      position = aligned(Math.addExact(position, tensor.byteSize()));
    }
    long start = aligned(bytes.size());
    Map<String, GgufTensor> tensors = new LinkedHashMap<>();
    for (int i = 0; i < wanted.size(); i++) {
      Wanted tensor = wanted.get(i);
      GgufTensor placed =
          new GgufTensor(
              tensor.name(),
              tensor.shape(),
              tensor.type().id(),
              start + offsets.get(i),
              tensor.byteSize());
      if (tensors.put(tensor.name(), placed) != null) {
        throw new IllegalArgumentException("tensor " + tensor.name() + " twice");
      }
    }
    return new GgufPlan(bytes.toByteArray(), tensors, start + position);
  }

  private static long aligned(long position) {
    return Math.ceilDiv(position, ALIGNMENT) * ALIGNMENT;
  }

  byte[] header() {
    return header;
  }

  /** By name, in the order of their data. */
  public Map<String, GgufTensor> tensors() {
    return tensors;
  }

  /** Of the whole file. */
  public long fileBytes() {
    return fileBytes;
  }

  /** Little-endian numbers and strings, one after the other. */
  private static final class Bytes extends ByteArrayOutputStream {
    private final ByteBuffer number = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);

    private void number(long value, int bytes) {
      number.putLong(0, value);
      write(number.array(), 0, bytes);
    }

    void u32(long value) {
      number(value, 4);
    }

    void u64(long value) {
      number(value, 8);
    }

    void text(String text) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      u64(utf8.length);
      write(utf8, 0, utf8.length);
    }

    void value(GgufValue value) {
      switch (value) {
        case GgufValue.Whole whole -> number(whole.value(), whole.kind().leastBytes());
        case GgufValue.Real real when real.kind() == GgufValue.Kind.F32 ->
            u32(Float.floatToRawIntBits((float) real.value()));
        case GgufValue.Real real -> u64(Double.doubleToRawLongBits(real.value()));
        case GgufValue.Flag flag -> number(flag.value() ? 1 : 0, 1);
        case GgufValue.Text text -> text(text.value());
        case GgufValue.Items items -> {
          u32(items.element().id());
          u64(items.values().size());
          items.values().forEach(this::value);
        }
      }
    }
  }
}
