// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.ArithmeticKernels;
import dev.awp.kernel.Blas.Op;
import dev.awp.kernel.Compute;
import dev.awp.kernel.RightOperand;
import dev.awp.kernel.SelectionKernels;
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
  private final Matrix c;
  private final Matrix t;
  private final int from;
  private final int to;
  private final Compute compute;
  private final RightOperand products;
  private final boolean rounded;
  private final ArithmeticKernels arithmetic;
  private final SelectionKernels selection;

  /** For rows from (inclusive) to (exclusive) of T, in place; for a worker's task. */
  public MaskedLeastSquares(Matrix w, Matrix c, Matrix t, int from, int to, Compute compute) {
    this(w, c, t, from, to, compute, RightOperand.plain(compute.blas(), Op.NONE, c), false);
  }

  /**
   * With C made ready for the steps' products.
   *
   * @param products C
   * @param rounded whether directions are rounded to bfloat16 before they are multiplied: f falls
   *     along the rounded ones
   */
  MaskedLeastSquares(
      Matrix w,
      Matrix c,
      Matrix t,
      int from,
      int to,
      Compute compute,
      RightOperand products,
      boolean rounded) {
    this.w = w;
    this.c = c;
    this.t = t;
    this.from = from;
    this.to = to;
    this.compute = compute;
    this.products = products;
    this.rounded = rounded;
    this.arithmetic = compute.kernels().arithmetic();
    this.selection = compute.kernels().selection();
  }

  /**
   * Runs that many steps.
   *
   * @param objectives [steps + 1][dOut]: receives f of every row of the part before the first step
   *     and after each
   */
  public void run(int steps, double[][] objectives) {
    int columns = w.columns();
    int most = Math.min(to - from, products.rowsAtOnce());
    try (Arena arena = Arena.ofConfined()) {
      Matrix d = Matrix.allocate(arena, to - from, columns);
      Matrix r = Matrix.allocate(arena, to - from, columns);
      for (int i = 0; i < d.rows(); i++) {
        arithmetic.subtract(w.row(from + i), t.row(from + i), d.row(i));
      }
      compute.blas().gemm(Op.NONE, Op.NONE, 1, d, c, 0, r);
      MemorySegment diagonal = diagonal(arena);
      MemorySegment inverseDiagonal = arena.allocate(JAVA_FLOAT, columns);
      for (int j = 0; j < columns; j++) {
        float value = diagonal.getAtIndex(JAVA_FLOAT, j);
        inverseDiagonal.setAtIndex(JAVA_FLOAT, j, value > 0 ? 1 / value : 0);
      }
      Matrix p = Matrix.allocate(arena, most, columns);
      Matrix mask = Matrix.allocate(arena, most, columns);
      for (int first = 0; first < d.rows(); first += most) {
        int end = Math.min(d.rows(), first + most);
        Steps some =
            new Steps(
                from + first,
                r.rowRange(first, end),
                p.rowRange(0, end - first),
                mask.rowRange(0, end - first),
                diagonal,
                inverseDiagonal,
                arena.allocate(JAVA_FLOAT, columns));
        some.start(d.rowRange(first, end), objectives[0]);
        // What the rows' d took is free for the products.
        some.run(steps, d.rowRange(first, end), objectives);
      }
    }
  }

  /** The steps of some rows. */
  private final class Steps {
    private final int from;
    private final Matrix r;
    private final Matrix p;
    private final Matrix mask;
    private final MemorySegment diagonal;
    private final MemorySegment inverseDiagonal;
    private final MemorySegment scratch;
    private final double[] rz;
    private final double[] enough;

    /**
     * Of as many rows as the matrices have.
     *
     * @param from the first of them in T
     * @param r (W - T) C
     */
    private Steps(
        int from,
        Matrix r,
        Matrix p,
        Matrix mask,
        MemorySegment diagonal,
        MemorySegment inverseDiagonal,
        MemorySegment scratch) {
      this.from = from;
      this.r = r;
      this.p = p;
      this.mask = mask;
      this.diagonal = diagonal;
      this.inverseDiagonal = inverseDiagonal;
      this.scratch = scratch;
      this.rz = new double[r.rows()];
      this.enough = new double[r.rows()];
    }

    private void start(Matrix d, double[] objectives) {
      for (int i = 0; i < r.rows(); i++) {
        mask.row(i).copyFrom(t.row(from + i));
        objectives[from + i] = arithmetic.dot(d.row(i), r.row(i));
        selection.applyMask(mask.row(i), r.row(i), r.row(i));
        arithmetic.multiply(r.row(i), inverseDiagonal, p.row(i));
        rz[i] = arithmetic.dot(r.row(i), p.row(i));
        round(p.row(i));
        double scale = weighted(d.row(i));
        enough[i] = Math.max(TOLERANCE * rz[i], RESIDUAL_NOISE * scale);
      }
    }

    /** The products p C go to q. */
    private void run(int steps, Matrix q, double[][] objectives) {
      for (int step = 0; step < steps; step++) {
        products.multiply(p, q);
        for (int i = 0; i < r.rows(); i++) {
          objectives[step + 1][from + i] = objectives[step][from + i];
          double curvature = arithmetic.dot(p.row(i), q.row(i));
          double least = CURVATURE_NOISE * weighted(p.row(i));
          if (!(curvature > least) || !(rz[i] > enough[i])) {
            p.row(i).fill((byte) 0);
            continue;
          }
          double slope = arithmetic.dot(r.row(i), p.row(i));
          double alpha = slope / curvature;
          arithmetic.multiplyAdd((float) alpha, p.row(i), t.row(from + i), t.row(from + i));
          objectives[step + 1][from + i] -= alpha * slope;
          arithmetic.multiplyAdd((float) -alpha, q.row(i), r.row(i), r.row(i));
          selection.applyMask(mask.row(i), r.row(i), r.row(i));
          arithmetic.multiply(r.row(i), inverseDiagonal, scratch);
          double next = arithmetic.dot(r.row(i), scratch);
          arithmetic.multiplyAdd((float) (next / rz[i]), p.row(i), scratch, p.row(i));
          round(p.row(i));
          rz[i] = next;
        }
      }
    }

    private void round(MemorySegment direction) {
      if (rounded) {
        MemorySegment halves = scratch.asSlice(0, direction.byteSize() / 2);
        compute.kernels().conversion().encodeBf16(direction, halves);
        compute.kernels().conversion().decodeBf16(halves, direction);
      }
    }

    /** x diag(C) x^T. */
    private double weighted(MemorySegment x) {
      arithmetic.multiply(x, diagonal, scratch);
      return arithmetic.dot(x, scratch);
    }
  }

  private MemorySegment diagonal(Arena arena) {
    MemorySegment diagonal = arena.allocate(JAVA_FLOAT, c.columns());
    for (int j = 0; j < c.columns(); j++) {
      diagonal.setAtIndex(JAVA_FLOAT, j, Math.max(0, c.get(j, j)));
    }
    return diagonal;
  }
}
