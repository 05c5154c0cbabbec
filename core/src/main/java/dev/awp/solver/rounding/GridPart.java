// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.blas.Blas.Op;
import dev.awp.compute.Compute;
import dev.awp.constraint.Grid;
import dev.awp.constraint.GridLanes;
import dev.awp.constraint.GridParameters;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Some rows of a layer while they are rounded to their grids, transposed: column j of the layer is
 * a row of R lanes here, one for each row of the layer. What happens to one column then happens to
 * all rows at once, and a block of columns is a contiguous matrix. For one worker.
 *
 * <p>T holds the values of codes; every change of T is taken into the residual W - T at once.
 */
public final class GridPart {
  /** No block's gradient is at hand. */
  private static final int NONE = -1;

  private final Grid grid;
  private final GridLanes fits;
  private final Compute compute;
  private final ArithmeticKernels arithmetic;
  private final Matrix c;
  private final int columns;
  private final int lanes;
  private final int groupSize;
  private final int unitSize;
  private final ColumnLayout layout;
  private final Matrix w;
  private final Matrix target;
  private final LaneState state;
  private final Matrix t;
  private final Matrix residual;
  private final Matrix sums;
  private final Matrix rounded;
  private int blockWithGradient = NONE;
  private final Optional<ScaleRefit> refit;
  private final LaneRounding rounding;

  /**
   * Takes rows of a layer.
   *
   * @param w rows of W
   * @param target rows of what is rounded first: W, or the least-squares weights on a mask
   * @param masked whether zeros of the target stay zeros
   * @param arena of the worker
   */
  public GridPart(
      Grid grid, Matrix w, Matrix target, boolean masked, Matrix c, Compute compute, Arena arena) {
    this.compute = compute;
    this.arithmetic = compute.kernels().arithmetic();
    this.c = c;
    this.columns = c.rows();
    this.lanes = w.rows();
    this.grid = grid;
    this.w = transposed(w, arena);
    this.target = masked ? transposed(target, arena) : this.w;
    Optional<Matrix> mask = masked ? Optional.of(this.target) : Optional.empty();
    this.state = LaneState.allocate(grid, lanes, c, mask, compute, arena);
    this.fits = state.fits();
    this.layout = state.layout();
    this.groupSize = layout.groupSize();
    this.unitSize = layout.unitSize();
    this.t = state.t();
    this.residual = state.residual();
    this.sums = Matrix.allocate(arena, Math.max(ColumnLayout.BLOCK, unitSize), lanes);
    this.rounded = Matrix.allocate(arena, Math.max(ColumnLayout.BLOCK, unitSize), lanes);
    this.refit = fits.scaleFit().map(scales -> new ScaleRefit(state, scales, rounded));
    this.rounding = LaneRounding.of(state, arena);
  }

  /** What the searches of a part share, in the part's lanes. */
  LaneState state() {
    return state;
  }

  ColumnLayout layout() {
    return layout;
  }

  private Matrix transposed(Matrix x, Arena arena) {
    Matrix out = Matrix.allocate(arena, x.columns(), x.rows());
    arithmetic.transpose(
        x.segment(), x.stride(), out.segment(), out.stride(), x.rows(), x.columns());
    return out;
  }

  /** Fits every group to the target, by a search in which columns weigh as much as C_jj. */
  public void fitGrid() {
    for (int from = 0; from < columns; from += unitSize) {
      int to = unitEnd(from);
      float[] weights = new float[to - from];
      for (int j = from; j < to; j++) {
        weights[j - from] = c.get(j, j);
      }
      fits.fitSearched(from, target.rowRange(from, to), weights);
    }
  }

  /** Fits every group to the smallest and largest of the target. */
  public void fitRange() {
    for (int column = 0; column < columns; column += unitSize) {
      fits.fitRange(column, target.rowRange(column, unitEnd(column)));
    }
  }

  private int unitEnd(int column) {
    return Math.min(columns, column + unitSize);
  }

  /**
   * GPTQ's sweep from the target: each column is rounded, and those after it make up for its error.
   * Columns that the mask holds at zero are passed over; their error was made up for by the target.
   */
  public void sweep(ColumnOrder order) {
    sweep(order, false);
  }

  /**
   * GPTQ's sweep in the order of the columns, as its paper has it: a group is fitted when the sweep
   * reaches it, to what the columns before have made of its values.
   */
  public void sweepFitting(ColumnOrder order) {
    sweep(order, true);
  }

  private void sweep(ColumnOrder order, boolean fit) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix running = Matrix.allocate(arena, columns, lanes);
      for (int j = 0; j < columns; j++) {
        running.row(j).copyFrom(target.row(order.column(j)));
      }
      for (int from = 0, to; from < columns; from = to) {
        to = endOfBlock(order, from);
        rounding.sweep(order, from, to, fit, running, rounded.rowRange(0, to - from));
        if (to < columns) {
          Matrix feedback = order.feedback().rowRange(from, to).columnRange(to, columns);
          compute
              .blas()
              .gemm(
                  Op.TRANSPOSE,
                  Op.NONE,
                  1,
                  feedback,
                  rounded.rowRange(0, to - from),
                  1,
                  running.rowRange(to, columns));
        }
      }
    }
    refreshResidual();
  }

  /** The end of a block of a sweep, which has whole runs. */
  private int endOfBlock(ColumnOrder order, int from) {
    int to = Math.min(columns, from + ColumnLayout.BLOCK);
    int run = layout.runLength();
    while (to < columns && run > 1 && order.column(to - 1) / run == order.column(to) / run) {
      to--;
    }
    return to;
  }

  /** Rounds the target itself, entry by entry, or run by run. */
  public void round() {
    rounding.round(target);
    refreshResidual();
  }

  /** A sweep with a beam, which can fit the grids on the way. */
  void sweep(BeamSweep sweep, boolean fit) {
    sweep.run(target, fit, rounded);
    refreshResidual();
  }

  private void refreshResidual() {
    blockWithGradient = NONE;
    for (int j = 0; j < columns; j++) {
      arithmetic.subtract(w.row(j), t.row(j), residual.row(j));
    }
  }

  /**
   * One sweep of coordinate descent: for every block of columns the gradient G = (W - T) C, then
   * for each group its best scale with the codes fixed, then for each column j the grid point
   * nearest to T_j + G_j / C_jj, or that of a run. f never rises. Costs one product with C; two
   * more where a group is wider than a block.
   */
  public void descend() {
    descend(Optional.empty(), 0);
  }

  /**
   * The same with searches in every block before its columns descend.
   *
   * @param index of the descent in its round
   */
  void descend(LocalSearch search, int index) {
    descend(Optional.of(search), index);
  }

  private void descend(Optional<LocalSearch> search, int index) {
    boolean wide = groupSize > ColumnLayout.BLOCK;
    if (wide && refit.isPresent()) {
      for (int from = 0; from < columns; from += groupSize) {
        int to = Math.min(columns, from + groupSize);
        var _ = refit.get().group(gradient(from, to), from, to);
        blockWithGradient = NONE;
      }
    }
    for (int from = 0; from < columns; from += layout.block()) {
      int to = Math.min(columns, from + layout.block());
      Matrix g = gradient(from, to);
      if (refit.isPresent() && grid.sharesUnits(columns)) {
        for (int start = from; start < to; start += unitSize) {
          int end = Math.min(to, start + unitSize);
          Matrix changes = refit.get().unit(g.rowRange(start - from, end - from), start, end);
          couple(changes, g, from, to, start, end);
        }
      }
      for (int start = from; !wide && start < to; start += groupSize) {
        int end = Math.min(to, start + groupSize);
        if (refit.isPresent()) {
          Matrix changes = refit.get().group(g.rowRange(start - from, end - from), start, end);
          couple(changes, g, from, to, start, end);
        }
        if (search.isPresent()) {
          search.get().group(g, from, to, start, end, ColumnOrder.byActivation(c, start, end));
        }
      }
      if (search.isPresent()) {
        search.get().pieces(index, g, from, to);
      }
      rounding.descend(g, from, to);
    }
  }

  /**
   * Flops of a descent in units of 2 dOut dIn^2, without searches: the gradients, and what happens
   * inside blocks and groups.
   */
  static double cost(Grid grid, int columns) {
    double n = Math.max(1, columns);
    int size = grid.groupSize(columns);
    double block = Math.min(n, ColumnLayout.block(grid.unitSize(columns), size));
    double group = Math.min(n, size);
    double unit = grid.sharesUnits(columns) ? 2 * Math.min(n, grid.unitSize(columns)) / n : 0;
    double numbers = (1 + grid.fittedNumbers()) / 2.0;
    double refit =
        grid.fittedNumbers() == 0
            ? 0
            : numbers * (2 * group / n + unit)
                + (group < block ? block / n : 0)
                + (group > block ? 1 : 0);
    return gradients(columns, (int) block) + refit + block / n;
  }

  /** Products of a descent: one block that covers all columns keeps its gradient. */
  private static double gradients(int columns, int block) {
    return columns <= block ? 0 : 1;
  }

  /** G^T = C (W - T)^T of some columns. */
  private Matrix gradient(int from, int to) {
    Matrix g = sums.rowRange(0, to - from);
    if (blockWithGradient != from || to - from != columns) {
      compute.blas().gemm(Op.NONE, Op.NONE, 1, c.rowRange(from, to), residual, 0, g);
      blockWithGradient = from;
    }
    return g;
  }

  /** Takes changes in the columns from start to end into the rest of the block's gradient. */
  private void couple(Matrix changes, Matrix g, int from, int to, int start, int end) {
    addCoupled(from, start, start, end, changes, g.rowRange(0, start - from));
    addCoupled(end, to, start, end, changes, g.rowRange(end - from, to - from));
  }

  /** Takes changes in the columns from start to end into the gradient of other columns. */
  private void addCoupled(int from, int to, int start, int end, Matrix changes, Matrix g) {
    if (from < to) {
      Matrix coupling = c.rowRange(from, to).columnRange(start, end);
      compute.blas().gemm(Op.NONE, Op.NONE, 1, coupling, changes, 1, g);
    }
  }

  /** f of every row; one product. */
  public double[] objectives() {
    double[] total = new double[lanes];
    for (int from = 0; from < columns; from += ColumnLayout.BLOCK) {
      int to = Math.min(columns, from + ColumnLayout.BLOCK);
      double[] some = state.dots(residual.rowRange(from, to), gradient(from, to));
      for (int i = 0; i < lanes; i++) {
        total[i] += some[i];
      }
    }
    return total;
  }

  /** Copies a row of the layer out. */
  public void store(int lane, MemorySegment row, GridParameters parameters, int index) {
    for (int j = 0; j < columns; j++) {
      row.setAtIndex(JAVA_FLOAT, j, t.get(j, lane));
    }
    fits.store(lane, parameters, index);
  }
}
