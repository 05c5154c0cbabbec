// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A metadata value. Numbers of all widths are held as long or double, with their type. */
public sealed interface GgufValue {
  /** A value type of the format. */
  enum Kind {
    U8(1),
    I8(1),
    U16(2),
    I16(2),
    U32(4),
    I32(4),
    F32(4),
    BOOL(1),
    STRING(8),
    ARRAY(12),
    U64(8),
    I64(8),
    F64(8);

    private static final List<Kind> BY_ID = List.of(values());

    private final int leastBytes;

    Kind(int leastBytes) {
      this.leastBytes = leastBytes;
    }

    /** The fewest bytes that such a value takes in a file. */
    public int leastBytes() {
      return leastBytes;
    }

    /** The number in the file: the format counts its types in this order. */
    public int id() {
      return BY_ID.indexOf(this);
    }

    public static Optional<Kind> of(int id) {
      return id < 0 || id >= BY_ID.size() ? Optional.empty() : Optional.of(BY_ID.get(id));
    }
  }

  // Messages show values: toString is the value as a person writes it.

  /** The value's type. */
  Kind kind();

  /** An integer; an unsigned 64-bit one as the long of the same bits. */
  record Whole(Kind kind, long value) implements GgufValue {
    @Override
    public String toString() {
      return kind == Kind.U64 ? Long.toUnsignedString(value) : Long.toString(value);
    }
  }

  /** A floating-point number, F32 or F64. */
  record Real(Kind kind, double value) implements GgufValue {
    @Override
    public String toString() {
      return Double.toString(value);
    }
  }

  /** True or false. */
  record Flag(boolean value) implements GgufValue {
    @Override
    public Kind kind() {
      return Kind.BOOL;
    }

    @Override
    public String toString() {
      return Boolean.toString(value);
    }
  }

  /** A string. */
  record Text(String value) implements GgufValue {
    @Override
    public Kind kind() {
      return Kind.STRING;
    }

    @Override
    public String toString() {
      return "'" + value + "'";
    }
  }

  /** An array of scalars of one type; arrays of arrays are not read. */
  record Items(Kind element, List<GgufValue> values) implements GgufValue {
    public Items {
      values = List.copyOf(values);
    }

    @Override
    public Kind kind() {
      return Kind.ARRAY;
    }

    @Override
    public String toString() {
      return "an array of %s values".formatted(values.size());
    }
  }

  static GgufValue of(int value) {
    return new Whole(Kind.U32, value);
  }

  static GgufValue signed(int value) {
    return new Whole(Kind.I32, value);
  }

  static GgufValue of(float value) {
    return new Real(Kind.F32, value);
  }

  static GgufValue of(boolean value) {
    return new Flag(value);
  }

  static GgufValue of(String value) {
    return new Text(value);
  }

  static GgufValue flags(List<Boolean> values) {
    return new Items(Kind.BOOL, values.stream().<GgufValue>map(Flag::new).toList());
  }

  static GgufValue texts(List<String> values) {
    return new Items(Kind.STRING, values.stream().<GgufValue>map(Text::new).toList());
  }

  static GgufValue wholes(int[] values) {
    return new Items(
        Kind.I32, Arrays.stream(values).<GgufValue>mapToObj(v -> new Whole(Kind.I32, v)).toList());
  }

  static GgufValue reals(float[] values) {
    List<GgufValue> all = new ArrayList<>();
    for (float value : values) {
      all.add(new Real(Kind.F32, value));
    }
    return new Items(Kind.F32, all);
  }
}
