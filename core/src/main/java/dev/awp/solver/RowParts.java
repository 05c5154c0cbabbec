// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

/** How the rows of a layer are shared out: each worker takes a part through a whole step. */
public final class RowParts {
  private RowParts() {}

  /**
   * Rows of one part: equal parts, a multiple of eight of them, of at most 1,024 rows. By the shape
   * alone, so that results do not depend on the number of threads; a product of 512 rows runs at 93
   * % of the rate of 4,096 (docs/decisions/0004-openblas.md).
   */
  public static int size(int rows) {
    int parts = Math.ceilDiv(Math.ceilDiv(rows, 1024), 8) * 8;
    return Math.max(64, Math.ceilDiv(Math.ceilDiv(rows, parts), 16) * 16);
  }
}
