// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tensor;

import java.util.Arrays;
import java.util.List;

/**
 * In which order a matrix's rows are stored, or its columns, or the entries of a vector; and which
 * of them, where a tensor of the file holds a part.
 */
public sealed interface RowOrder {
  /** As they are. */
  RowOrder NATURAL = new Natural();

  /**
   * What {@link #source} says of a row that is padding, {@link #stored} of one that is not here.
   */
  int PADDING = -1;

  /** The matrix row that is stored as that one: {@link #PADDING} where none is. */
  int source(int stored);

  /** Where a matrix row is stored: the inverse of {@link #source}. */
  int stored(int row);

  /** Rows in their own order. */
  record Natural() implements RowOrder {
    @Override
    public int source(int stored) {
      return stored;
    }

    @Override
    public int stored(int row) {
      return row;
    }
  }

  /**
   * llama.cpp's "llama" rotates neighbouring rows of a head where transformers rotates those half a
   * head apart, so the rows of q and k are interleaved: stored row 2 i + k of a head is its row k
   * headDimension / 2 + i.
   *
   * @param headDimension rows of a head
   */
  record Interleaved(int headDimension) implements RowOrder {
    @Override
    public int source(int stored) {
      int within = stored % headDimension;
      return stored - within + within % 2 * (headDimension / 2) + within / 2;
    }

    @Override
    public int stored(int row) {
      int within = row % headDimension;
      int half = headDimension / 2;
      return row - within + 2 * (within % half) + within / half;
    }
  }

  /**
   * Parts of one length (gate above up in one tensor), with padding behind each of them.
   *
   * @param part rows of a part
   * @param paddedPart rows that a part takes in the file
   */
  record Parts(int part, int paddedPart) implements RowOrder {
    @Override
    public int source(int stored) {
      int within = stored % paddedPart;
      return within < part ? stored / paddedPart * part + within : PADDING;
    }

    @Override
    public int stored(int row) {
      return row / part * paddedPart + row % part;
    }
  }

  /**
   * Consecutive rows of a matrix.
   *
   * @param first of them
   */
  record Run(int first, int count) {}

  /** Runs of rows one behind the other; the matrix may have others. */
  static RowOrder runs(List<Run> runs) {
    return new Runs(runs);
  }

  /** Runs, with both directions as tables. */
  final class Runs implements RowOrder {
    private final int[] sources;
    private final int[] places;

    private Runs(List<Run> runs) {
      this.sources = new int[runs.stream().mapToInt(Run::count).sum()];
      this.places =
          new int[runs.stream().mapToInt(run -> run.first() + run.count()).max().orElse(0)];
      Arrays.fill(places, PADDING);
      int at = 0;
      for (Run run : runs) {
        for (int i = 0; i < run.count(); i++) {
          sources[at] = run.first() + i;
          places[run.first() + i] = at;
          at++;
        }
      }
    }

    @Override
    public int source(int stored) {
      return stored < sources.length ? sources[stored] : PADDING;
    }

    @Override
    public int stored(int row) {
      return row < places.length ? places[row] : PADDING;
    }
  }
}
