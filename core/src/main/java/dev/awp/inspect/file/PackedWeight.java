// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.file;

import dev.awp.format.packed.PackedCodes;
import dev.awp.format.packed.PackedMatrix;
import dev.awp.inspect.StoredGrid;
import dev.awp.inspect.StoredWeight;
import dev.awp.kernel.Kernels;
import dev.awp.tensor.Matrix;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A quantized layer whose codes are packed.
 *
 * @param format what wrote it: "gptq"
 * @param described its grid
 * @param bytes of all its tensors
 */
record PackedWeight(
    PackedMatrix matrix, String format, StoredGrid described, long bytes, Kernels kernels)
    implements StoredWeight {
  /** Rows whose zero points are looked at together. */
  private static final int BLOCK = 32;

  /** Whether all zero points lie in the middle of the codes. */
  static boolean isSymmetric(PackedCodes codes, int rows, int groups, int bits) {
    for (int from = 0; from < rows; from += BLOCK) {
      int count = Math.min(BLOCK, rows - from);
      int[] zeroPoints = new int[count * groups];
      codes.zeroPoints(from, count, zeroPoints);
      if (IntStream.of(zeroPoints).anyMatch(zero -> zero != 1 << (bits - 1))) {
        return false;
      }
    }
    return true;
  }

  @Override
  public String name() {
    return matrix.name();
  }

  @Override
  public String storage() {
    return "%s (%s)".formatted(described.describe(), format);
  }

  @Override
  public List<Long> shape() {
    return matrix.shape();
  }

  @Override
  public Optional<StoredGrid> grid() {
    return Optional.of(described);
  }

  @Override
  public void decodeRows(int firstRow, Matrix destination) {
    matrix.checkPresent();
    matrix.decodeRows(firstRow, destination, kernels);
  }
}
