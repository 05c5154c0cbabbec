// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.recurrence;

import dev.awp.tensor.Matrix;

/** Where the rows that pass through a recurrence stand in their sequences. */
public sealed interface RecurrentPlaces {
  /** Convolves rows with those before them. */
  void convolve(ShortConvolution convolution, Matrix in, Matrix out);

  /** Takes rows through the states of heads. */
  void scan(HeadScan scan, int rows, HeadScan.Token token);

  /** Sequences of equal length, one behind the other, each whole. */
  record Whole(int length) implements RecurrentPlaces {
    @Override
    public void convolve(ShortConvolution convolution, Matrix in, Matrix out) {
      convolution.whole(in, out, length);
    }

    @Override
    public void scan(HeadScan scan, int rows, HeadScan.Token token) {
      scan.whole(rows, length, token);
    }
  }

  /** The next tokens of one sequence. */
  record Next(RecurrentState seen) implements RecurrentPlaces {
    @Override
    public void convolve(ShortConvolution convolution, Matrix in, Matrix out) {
      convolution.next(in, out, seen);
    }

    @Override
    public void scan(HeadScan scan, int rows, HeadScan.Token token) {
      scan.next(rows, seen, token);
    }
  }
}
