// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

/**
 * In which order a matrix's rows are stored. llama.cpp's "llama" rotates neighbouring rows of a
 * head where transformers rotates those half a head apart, so the rows of q and k are interleaved:
 * stored row 2 i + k of a head is its row k headDimension / 2 + i.
 *
 * @param headDimension rows of a head; 0 for rows in their own order
 */
record RowOrder(int headDimension) {
  static final RowOrder NATURAL = new RowOrder(0);

  /** The matrix row that is stored as that one; padding rows stay where they are. */
  int source(int stored) {
    if (headDimension == 0) {
      return stored;
    }
    int within = stored % headDimension;
    return stored - within + within % 2 * (headDimension / 2) + within / 2;
  }

  /** Where a matrix row is stored: the inverse of {@link #source}. */
  int stored(int row) {
    if (headDimension == 0) {
      return row;
    }
    int within = row % headDimension;
    int half = headDimension / 2;
    return row - within + 2 * (within % half) + within / half;
  }
}
