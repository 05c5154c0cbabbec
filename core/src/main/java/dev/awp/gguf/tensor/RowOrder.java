// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tensor;

/**
 * In which order a matrix's rows are stored.
 *
 * <p>llama.cpp's "llama" rotates neighbouring rows of a head where transformers rotates those half
 * a head apart, so the rows of q and k are interleaved: stored row 2 i + k of a head is its row k
 * headDimension / 2 + i. A matrix of several parts (gate above up in one tensor) has padding behind
 * each of them.
 *
 * @param headDimension rows of a head that are interleaved; 0 for rows in their own order
 * @param part rows of a part; 0 where there is one part
 * @param paddedPart rows that a part takes in the file
 */
public record RowOrder(int headDimension, int part, int paddedPart) {
  public static final RowOrder NATURAL = new RowOrder(0, 0, 0);

  /** What {@link #source} says of a row that is padding. */
  static final int PADDING = -1;

  public static RowOrder interleaved(int headDimension) {
    return new RowOrder(headDimension, 0, 0);
  }

  public static RowOrder parts(int part, int paddedPart) {
    return new RowOrder(0, part, paddedPart);
  }

  /**
   * The matrix row that is stored as that one: {@link #PADDING} between parts; beyond the last row
   * it is for the caller to know.
   */
  int source(int stored) {
    if (part > 0) {
      int within = stored % paddedPart;
      return within < part ? stored / paddedPart * part + within : PADDING;
    }
    if (headDimension == 0) {
      return stored;
    }
    int within = stored % headDimension;
    return stored - within + within % 2 * (headDimension / 2) + within / 2;
  }

  /** Where a matrix row is stored: the inverse of {@link #source}. */
  int stored(int row) {
    if (part > 0) {
      return row / part * paddedPart + row % part;
    }
    if (headDimension == 0) {
      return row;
    }
    int within = row % headDimension;
    int half = headDimension / 2;
    return row - within + 2 * (within % half) + within / half;
  }
}
