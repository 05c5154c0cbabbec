// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.Grid;
import dev.awp.parallel.Workers;

/**
 * What the memory of a solve depends on: the sizes in bytes of the matrices that solvers allocate.
 *
 * @param rows dOut
 * @param columns dIn
 */
public record LayerShape(int rows, int columns, Constraint constraint, Workers workers) {
  /** A matrix like W. */
  public long layer() {
    return bytes(rows, columns);
  }

  /** A matrix like C. */
  public long square() {
    return bytes(columns, columns);
  }

  /** Scales and zero points, where the constraint has a grid. */
  public long grid() {
    return constraint.grid().map(grid -> bytes(rows, grid.numbers(columns).perRow())).orElse(0L);
  }

  /** Columns whose scales are stored together; 0 where there is no grid. */
  public int unitSize() {
    return constraint.grid().map(grid -> grid.unitSize(columns)).orElse(0);
  }

  /** Columns whose codes are chosen together; 0 where each column's stands alone. */
  public int runLength() {
    return constraint.grid().map(Grid::runLength).filter(run -> run > 1).orElse(0);
  }

  /** One row-part's matrix of so many columns, for every worker that takes a part at once. */
  public long parts(int columnsOfPart) {
    return workers.partsAtOnce(rows) * bytes(Math.min(rows, workers.partRows(rows)), columnsOfPart);
  }

  /** What products of the layer with a matrix like C take beside it in float32. */
  public long prepared() {
    return Compute.preparedBytes(rows, columns, columns, workers);
  }

  /** Vectors and panels that are small beside all of these: some rows of every worker. */
  public long panels() {
    return bytes(192 + 32L * workers.threads(), Math.max(rows, columns)) + (64 << 10) + search();
  }

  /** Where codes of several columns are chosen together: what every worker searches with. */
  private long search() {
    int lanes = Math.max(workers.partRows(rows), columns);
    return constraint.grid().map(g -> workers.threads() * g.searchBytes(lanes)).orElse(0L);
  }

  /** The evaluation of f (two blocks of rows a worker). */
  public long objective() {
    return Objective.bytes(columns, workers.threads());
  }

  private static long bytes(long rows, long columns) {
    return rows * columns * Float.BYTES;
  }
}
