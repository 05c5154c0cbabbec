// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.sentencepiece;

import dev.awp.AwpException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The fields of one protobuf message, in the order of the file. Every length is checked against the
 * message it lies in before it is used.
 */
final class ProtobufReader {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int BYTES = 2;
  static final int FIXED32 = 5;

  private final Path file;
  private final ByteBuffer message;

  /** Bytes in front of this message in the file, for errors. */
  private final int start;

  private int field;
  private int type;

  ProtobufReader(Path file, byte[] content) {
    this(file, ByteBuffer.wrap(content), 0);
  }

  private ProtobufReader(Path file, ByteBuffer message, int start) {
    this.file = file;
    this.message = message.order(ByteOrder.LITTLE_ENDIAN);
    this.start = start;
  }

  /** Goes on to the next field; false at the end. Its value must be taken, or skipped. */
  boolean next() {
    if (!message.hasRemaining()) {
      return false;
    }
    long tag = varint();
    if ((tag >>> 3) == 0 || (tag >>> 32) != 0) {
      throw fail("field number " + (tag >>> 3));
    }
    field = (int) (tag >>> 3);
    type = (int) (tag & 7);
    return true;
  }

  /** Number and type of the field at hand: what a switch is made over. */
  boolean is(int number, int wireType) {
    return field == number && type == wireType;
  }

  /** Passes over the value of the field at hand. */
  void skip() {
    switch (type) {
      case VARINT -> varint();
      case FIXED64 -> take(Long.BYTES);
      case BYTES -> take(length());
      case FIXED32 -> take(Integer.BYTES);
      default -> throw fail("wire type " + type);
    }
  }

  long varint() {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      if (!message.hasRemaining()) {
        throw fail("a number that is cut off");
      }
      byte next = message.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw fail("a number of more than ten bytes");
  }

  boolean flag() {
    return varint() != 0;
  }

  float float32() {
    return take(Float.BYTES).getFloat();
  }

  String text() {
    ByteBuffer bytes = take(length());
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new AwpException(file + ": not a SentencePiece model: text that is not UTF-8", e);
    }
  }

  ProtobufReader message() {
    ByteBuffer inner = take(length());
    return new ProtobufReader(file, inner, start + message.position() - inner.remaining());
  }

  /** Number of bytes of the value at hand, which is passed over. */
  int size() {
    int length = length();
    take(length);
    return length;
  }

  private int length() {
    long length = varint();
    if (length < 0 || length > message.remaining()) {
      throw fail("a field of %s bytes where %s are left".formatted(length, message.remaining()));
    }
    return (int) length;
  }

  private ByteBuffer take(int bytes) {
    if (bytes > message.remaining()) {
      throw fail("a field of %s bytes where %s are left".formatted(bytes, message.remaining()));
    }
    ByteBuffer taken = message.slice(message.position(), bytes).order(ByteOrder.LITTLE_ENDIAN);
    message.position(message.position() + bytes);
    return taken;
  }

  private AwpException fail(String what) {
    return new AwpException(
        "%s: not a SentencePiece model: %s at byte %s"
            .formatted(file, what, start + message.position()));
  }
}
