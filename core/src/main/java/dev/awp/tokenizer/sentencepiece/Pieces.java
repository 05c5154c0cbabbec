// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.sentencepiece;

import dev.awp.AwpException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The vocabulary of a SentencePiece model. Pieces that stand for something in a text are found by
 * {@link #find}; control pieces and bytes are not, whatever the text spells.
 */
final class Pieces {
  /** What a piece is, by its number in the file. */
  enum Type {
    NORMAL(1),
    UNKNOWN(2),
    CONTROL(3),
    USER_DEFINED(4),
    UNUSED(5),
    BYTE(6);

    private final int number;

    Type(int number) {
      this.number = number;
    }

    static Type of(long number, Path file) {
      for (Type type : values()) {
        if (type.number == number) {
          return type;
        }
      }
      throw new AwpException(file + ": a piece has the unknown type " + number);
    }
  }

  /**
   * One piece.
   *
   * @param text with U+2581 for spaces
   * @param score its logarithmic probability, or minus its rank among merges
   */
  record Piece(String text, float score, Type type) {}

  private final List<Piece> all;
  private final Map<String, Integer> inText = new HashMap<>();
  private final Map<String, Integer> reserved = new HashMap<>();
  private final int[] bytes = new int[256];
  private final int unknown;

  /** Checks and indexes pieces, whose tokens are their places in the list. */
  Pieces(List<Piece> all, boolean byteFallback, Path file) {
    this.all = List.copyOf(all);
    Arrays.fill(bytes, -1);
    int unknownAt = -1;
    for (int id = 0; id < all.size(); id++) {
      Piece piece = all.get(id);
      boolean normal =
          switch (piece.type()) {
            case NORMAL, USER_DEFINED, UNUSED -> true;
            case UNKNOWN, CONTROL, BYTE -> false;
          };
      Integer before = (normal ? inText : reserved).put(piece.text(), id);
      if (before != null || piece.text().isEmpty() || !Float.isFinite(piece.score())) {
        throw new AwpException(
            "%s: piece %s '%s' of score %s is empty, there twice, or not finite"
                .formatted(file, id, piece.text(), piece.score()));
      }
      if (piece.type() == Type.UNKNOWN) {
        unknownAt = id;
      }
      if (piece.type() == Type.BYTE) {
        bytes[byteOf(piece.text(), file)] = id;
      }
    }
    if (unknownAt < 0) {
      throw new AwpException(file + ": there is no piece for what is unknown");
    }
    if (byteFallback && Arrays.stream(bytes).anyMatch(id -> id < 0)) {
      throw new AwpException(file + ": there is not a piece for every byte");
    }
    this.unknown = unknownAt;
  }

  private static int byteOf(String text, Path file) {
    if (!text.matches("<0x[0-9A-F]{2}>")) {
      throw new AwpException(file + ": '" + text + "' is no piece for a byte");
    }
    return Integer.parseInt(text.substring(3, 5), 16);
  }

  int unknown() {
    return unknown;
  }

  Piece get(int id) {
    return all.get(id);
  }

  List<Piece> all() {
    return all;
  }

  /** The token that has this text, if it is one that texts are made of. */
  OptionalInt find(String text) {
    Integer id = inText.get(text);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** The token of that name, control pieces among them. */
  OptionalInt named(String name) {
    Integer id = reserved.get(name);
    return id == null ? find(name) : OptionalInt.of(id);
  }

  /** The token of a byte. */
  int ofByte(byte value) {
    return bytes[value & 0xff];
  }

  /** All texts of one type. */
  List<String> texts(Type type) {
    return all.stream().filter(piece -> piece.type() == type).map(Piece::text).toList();
  }
}
