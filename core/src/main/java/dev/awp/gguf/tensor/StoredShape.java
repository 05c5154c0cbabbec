// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tensor;

import java.util.List;

/**
 * How the shape of a tensor in a file differs from that in the checkpoint; the numbers lie in the
 * same order. Between both there is the plain shape: a vector, or a matrix of rows.
 *
 * @param rows of a vector that the file holds as a matrix; else 0
 */
public record StoredShape(Kind kind, int rows) {
  /** It does not. */
  public static final StoredShape SAME = new StoredShape(Kind.SAME, 0);

  /** A convolution [channels, 1, K] is [channels, K]. */
  public static final StoredShape CONVOLUTION = new StoredShape(Kind.CONVOLUTION, 0);

  /** A matrix of one row is a vector. */
  public static final StoredShape ONE_ROW = new StoredShape(Kind.ONE_ROW, 0);

  /** What there is. */
  public enum Kind {
    SAME,
    CONVOLUTION,
    ONE_ROW,
    FOLDED
  }

  /** A vector is a matrix of so many rows. */
  public static StoredShape folded(int rows) {
    return new StoredShape(Kind.FOLDED, rows);
  }

  /** The shape in the checkpoint of a plain one. */
  List<Long> source(List<Long> plain) {
    return switch (kind) {
      case SAME, FOLDED -> plain;
      case CONVOLUTION -> List.of(plain.getFirst(), 1L, plain.getLast());
      case ONE_ROW -> List.of(1L, plain.getLast());
    };
  }

  /** The shape in the file of a plain one. */
  List<Long> stored(List<Long> plain) {
    return kind == Kind.FOLDED ? List.of((long) rows, plain.getLast() / rows) : plain;
  }

  /** The plain shape of one in the file. */
  public List<Long> plain(List<Long> stored) {
    return kind == Kind.FOLDED ? List.of(stored.stream().reduce(1L, Math::multiplyExact)) : stored;
  }

  /** Whether the plain shape of one in the checkpoint is that of a vector. */
  public boolean isVector(List<Long> source) {
    return source.size() == 1 || kind == Kind.ONE_ROW;
  }
}
