// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect;

import dev.awp.tensor.Matrix;
import java.util.List;
import java.util.Optional;

/** A quantized layer whose codes are packed. */
record PackedWeight(String name, PackedCodes codes, long bytes) implements StoredWeight {
  @Override
  public String storage() {
    return "%s (%s)".formatted(codes.grid().describe(), codes.format());
  }

  @Override
  public List<Long> shape() {
    return codes.shape();
  }

  @Override
  public Optional<StoredGrid> grid() {
    return Optional.of(codes.grid());
  }

  @Override
  public void decodeRows(int firstRow, Matrix destination) {
    int[][] block = new int[destination.rows()][destination.columns()];
    codes.read(firstRow, block);
    for (int r = 0; r < block.length; r++) {
      int row = firstRow + r;
      for (int c = 0; c < block[r].length; c++) {
        int group = codes.group(c);
        int steps = block[r][c] - codes.zeroPoint(row, group);
        destination.set(r, c, steps * codes.scale(row, group));
      }
    }
  }
}
