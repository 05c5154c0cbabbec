// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import dev.awp.constraint.Grid;

/**
 * How long {@link GridDescent} searches (docs/solvers.md).
 *
 * @param rounds of one rounding sweep each
 * @param descents of coordinate descent in a round
 * @param sweepWidth ways that a sweep keeps inside a block
 * @param pieceWidth ways that are kept where the codes of a piece are chosen together
 * @param columnsOfPiece columns of a piece
 */
public record DescentOptions(
    int rounds, int descents, int sweepWidth, int pieceWidth, int columnsOfPiece) {
  /** As many multiplications of a product take the time that a way takes at a column. */
  private static final double MULTIPLICATIONS_OF_A_WAY = 300;

  public DescentOptions {
    if (rounds < 1 || descents < 0) {
      throw new IllegalArgumentException(rounds + " rounds of " + descents + " descents");
    }
    int most = BeamRounding.MOST_WAYS;
    if (Math.min(sweepWidth, pieceWidth) < 1
        || Math.max(sweepWidth, pieceWidth) > most
        || columnsOfPiece < 1
        || columnsOfPiece > 64) {
      throw new IllegalArgumentException(
          "%s and %s ways (1 to %s), pieces of %s columns (1 to 64)"
              .formatted(sweepWidth, pieceWidth, most, columnsOfPiece));
    }
  }

  /**
   * Rounds on a grid: twice as many where codes name vectors, whose scales are fitted before the
   * first sweep and not on the way.
   */
  int rounds(Grid grid) {
    return grid.runLength() > 1 ? 2 * rounds : rounds;
  }

  /** The default: 12 products with C, or fewer, at 4,096 columns. */
  public static DescentOptions standard() {
    return new DescentOptions(1, 4, 4, 4, 16);
  }

  /** Half of the descents, {@code --effort low}. */
  public static DescentOptions low() {
    return new DescentOptions(1, 2, 4, 4, 16);
  }

  /** For the last percent, {@code --effort high}. */
  public static DescentOptions high() {
    return new DescentOptions(2, 6, 16, 16, 32);
  }

  /**
   * Flops in units of 2 dOut dIn^2: f(0), rounding to nearest, the factor and the rounds, with what
   * happens inside blocks. Choices between ways are not multiplications and are not counted.
   */
  double cost(Grid grid, int rows, int columns) {
    double n = Math.max(1, columns);
    double factor = ColumnOrder.flops(columns) / (2.0 * Math.max(1, rows) * n * n);
    double block = Math.min(n, ColumnLayout.BLOCK);
    if (grid.runLength() > 1) {
      double searches = 1 + rounds(grid) * (1 + descents * (1.0 + grid.neighbours()));
      double descent = GridPart.cost(grid, columns) + block / n;
      return 2
          + factor
          + searches * grid.searchMultiplications() / n
          + rounds(grid) * (1.5 + 0.5 * block / n + descents * descent);
    }
    double sweep = 0.5 + sweepWidth * 0.5 * block / n;
    double fit = grid.sharesUnits(columns) ? 0 : 0.5 * block / n;
    return 2 + factor + fit + rounds * (sweep + 1 + descents * descent(grid, columns));
  }

  /**
   * What choosing between ways takes besides, in the same unit, by the time that it takes: a
   * seventh of {@link #cost} at 4,096 columns by default.
   */
  double choices(Grid grid, int columns) {
    boolean alone = grid.runLength() == 1;
    double ways = rounds * (sweepWidth + (double) descents * pieceWidth);
    return alone ? ways * MULTIPLICATIONS_OF_A_WAY / Math.max(1, columns) : 0;
  }

  private double descent(Grid grid, int columns) {
    double n = Math.max(1, columns);
    double block = Math.min(n, ColumnLayout.of(grid, columns).block());
    double group = Math.min(n, grid.groupSize(columns));
    double piece = Math.min(block, columnsOfPiece);
    // The Newton step and the change of f take as much as a way and a half each.
    double pieces = (pieceWidth * 0.5 + 2) * piece / n + block / n;
    double groups =
        group > ColumnLayout.BLOCK
            ? 0
            : GroupSearch.multiplications(grid.neighbours(), group) / (group * n) + block / n;
    return GridPart.cost(grid, columns) + pieces + groups;
  }
}
