// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.mask;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.blas.Blas.Op;
import dev.awp.blas.RightOperand;
import dev.awp.compute.Compute;
import dev.awp.compute.RowParts;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.kernel.SelectionKernels;
import dev.awp.parallel.Pool;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Least squares on a mask: minimises f(T) over the entries of T that are not zero, by conjugate
 * gradient with Jacobi's preconditioner diag(C) on all rows of a part at once, each row with step
 * lengths of its own. A step costs one product with C. f never rises.
 */
public final class MaskedLeastSquares {
  /**
   * Where a row's squared residual has fallen by this, rounding decides: with a singular C it would
   * walk off.
   */
  private static final double TOLERANCE = 1e-10;

  /**
   * A squared residual r diag(C)^-1 r^T below this share of d diag(C) d^T, d = W - T at the start,
   * is float32's rounding of d C: there is nothing left to solve for.
   */
  private static final double RESIDUAL_NOISE = 1e-11;

  /**
   * A direction p with p C p^T below this share of p diag(C) p^T: C's own rounding to float32 says
   * as much. A step along it moves the weights far and f not at all, until they are rounded to the
   * stored type.
   */
  private static final double CURVATURE_NOISE = 1e-6;

  private final Matrix w;
  private final int layerRows;
  private final Matrix c;
  private final Matrix t;
  private final Compute compute;
  private final ArithmeticKernels arithmetic;
  private final SelectionKernels selection;

  /**
   * For all rows of T, in place.
   *
   * @param w [dOut, dIn]
   * @param c [dIn, dIn], symmetric
   * @param t [dOut, dIn]
   */
  public MaskedLeastSquares(Matrix w, Matrix c, Matrix t, Compute compute) {
    this(w, c, t, w.rows(), compute);
  }

  /**
   * For a range of a layer's rows.
   *
   * @param layerRows how many rows the layer has: decides their parts
   */
  public MaskedLeastSquares(Matrix w, Matrix c, Matrix t, int layerRows, Compute compute) {
    this.w = w;
    this.layerRows = layerRows;
    this.c = c;
    this.t = t;
    this.compute = compute;
    this.arithmetic = compute.kernels().arithmetic();
    this.selection = compute.kernels().selection();
  }

  /**
   * Runs that many steps in float32.
   *
   * @return f of every row before the first step and after each: [steps + 1][dOut]
   */
  public double[][] run(int steps) {
    try (Arena arena = Arena.ofShared()) {
      Matrix r = Matrix.allocate(arena, w.rows(), w.columns());
      return run(steps, RightOperand.plain(compute.blas(), Op.NONE, c), r);
    }
  }

  /**
   * Runs that many steps with C made ready for their products. The first residual is one of
   * float32.
   *
   * @param products C
   * @param r scratch, [dOut, dIn]: the residuals
   * @return f of every row before the first step and after each: [steps + 1][dOut]
   */
  public double[][] run(int steps, RightOperand products, Matrix r) {
    double[][] objectives = new double[steps + 1][w.rows()];
    double[] scales = new double[w.rows()];
    try (Arena shared = Arena.ofShared()) {
      Diagonal diagonal = Diagonal.of(c, shared);
      firstResiduals(r, objectives[0], diagonal, scales);
      int most = RowParts.partRows(compute, w.rows(), layerRows, products);
      RowParts.forEach(
          compute,
          w.rows(),
          layerRows,
          products,
          new Pool<>(() -> Part.allocate(shared, most, w.columns())),
          (from, to, part) -> {
            Part own = part.of(to - from);
            Steps some = new Steps(from, r.rowRange(from, to), own, diagonal);
            some.start(scales);
            for (int step = 0; step < steps; step++) {
              products.multiply(own.p, own.q);
              some.step(objectives[step], objectives[step + 1]);
            }
          });
    }
    return objectives;
  }

  /**
   * R = D C with D = W - T.
   *
   * @param objectives receives d C d^T of every row
   * @param scales receives d diag(C) d^T
   */
  private void firstResiduals(Matrix r, double[] objectives, Diagonal diagonal, double[] scales) {
    RowParts.forEach(
        compute,
        w.rows(),
        layerRows,
        (from, to, arena) -> {
          Matrix d = Matrix.allocate(arena, to - from, w.columns());
          for (int row = from; row < to; row++) {
            arithmetic.subtract(w.row(row), t.row(row), d.row(row - from));
          }
          compute.blas().gemm(Op.NONE, Op.NONE, 1, d, c, 0, r.rowRange(from, to));
          MemorySegment scratch = arena.allocate(JAVA_FLOAT, w.columns());
          for (int row = from; row < to; row++) {
            objectives[row] = arithmetic.dot(d.row(row - from), r.row(row));
            scales[row] = diagonal.form(d.row(row - from), arithmetic, scratch);
          }
        });
  }

  /** diag(C) and its inverse, 0 for channels without inputs; [dIn] each. */
  private record Diagonal(MemorySegment values, MemorySegment inverses) {
    static Diagonal of(Matrix c, Arena arena) {
      MemorySegment values = arena.allocate(JAVA_FLOAT, c.columns());
      MemorySegment inverses = arena.allocate(JAVA_FLOAT, c.columns());
      for (int j = 0; j < c.columns(); j++) {
        float value = Math.max(0, c.get(j, j));
        values.setAtIndex(JAVA_FLOAT, j, value);
        inverses.setAtIndex(JAVA_FLOAT, j, value > 0 ? 1 / value : 0);
      }
      return new Diagonal(values, inverses);
    }

    /** x diag(C) x^T. */
    double form(MemorySegment x, ArithmeticKernels arithmetic, MemorySegment scratch) {
      arithmetic.multiply(x, values, scratch);
      return arithmetic.dot(x, scratch);
    }
  }

  /**
   * Scratch for some rows.
   *
   * @param p directions
   * @param q p C
   * @param mask what is not zero here is left in T
   * @param row of one row
   */
  private record Part(Matrix p, Matrix q, Matrix mask, MemorySegment row) {
    static Part allocate(Arena arena, int rows, int columns) {
      return new Part(
          Matrix.allocate(arena, rows, columns),
          Matrix.allocate(arena, rows, columns),
          Matrix.allocate(arena, rows, columns),
          arena.allocate(JAVA_FLOAT, columns));
    }

    Part of(int rows) {
      return new Part(p.rowRange(0, rows), q.rowRange(0, rows), mask.rowRange(0, rows), row);
    }
  }

  /** The steps of some rows. */
  private final class Steps {
    private final int from;
    private final Matrix r;
    private final Matrix p;
    private final Matrix q;
    private final Matrix mask;
    private final MemorySegment scratch;
    private final Diagonal diagonal;
    private final double[] rz;
    private final double[] enough;

    /**
     * Of as many rows as the matrices have.
     *
     * @param from the first of them in T
     * @param r (W - T) C
     */
    private Steps(int from, Matrix r, Part part, Diagonal diagonal) {
      this.from = from;
      this.r = r;
      this.p = part.p;
      this.q = part.q;
      this.mask = part.mask;
      this.scratch = part.row;
      this.diagonal = diagonal;
      this.rz = new double[r.rows()];
      this.enough = new double[r.rows()];
    }

    /**
     * The first direction.
     *
     * @param scales d diag(C) d^T of T's rows
     */
    private void start(double[] scales) {
      for (int i = 0; i < r.rows(); i++) {
        mask.row(i).copyFrom(t.row(from + i));
        selection.applyMask(mask.row(i), r.row(i), r.row(i));
        arithmetic.multiply(r.row(i), diagonal.inverses(), p.row(i));
        rz[i] = arithmetic.dot(r.row(i), p.row(i));
        enough[i] = Math.max(TOLERANCE * rz[i], RESIDUAL_NOISE * scales[from + i]);
      }
    }

    /**
     * One step, and the next direction.
     *
     * @param before f of T's rows
     * @param after receives f of these rows
     */
    private void step(double[] before, double[] after) {
      for (int i = 0; i < r.rows(); i++) {
        after[from + i] = before[from + i];
        double curvature = arithmetic.dot(p.row(i), q.row(i));
        double least = CURVATURE_NOISE * diagonal.form(p.row(i), arithmetic, scratch);
        if (!(curvature > least) || !(rz[i] > enough[i])) {
          p.row(i).fill((byte) 0);
          continue;
        }
        double slope = arithmetic.dot(r.row(i), p.row(i));
        double alpha = slope / curvature;
        arithmetic.multiplyAdd((float) alpha, p.row(i), t.row(from + i), t.row(from + i));
        after[from + i] -= alpha * slope;
        arithmetic.multiplyAdd((float) -alpha, q.row(i), r.row(i), r.row(i));
        selection.applyMask(mask.row(i), r.row(i), r.row(i));
        arithmetic.multiply(r.row(i), diagonal.inverses(), scratch);
        double next = arithmetic.dot(r.row(i), scratch);
        arithmetic.multiplyAdd((float) (next / rz[i]), p.row(i), scratch, p.row(i));
        rz[i] = next;
      }
    }
  }
}
