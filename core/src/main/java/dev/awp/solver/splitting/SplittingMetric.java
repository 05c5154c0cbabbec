// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.splitting;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.compute.Compute;
import dev.awp.compute.Rows;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.linalg.DampedFactor;
import dev.awp.solver.LayerProblem;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.function.IntToDoubleFunction;

/** The metric D^2 of {@link OperatorSplitting}, and inverses in it. */
final class SplittingMetric {
  /** lambda of the metric: below, the inverse of a C of few tokens is noise. */
  private static final double DAMPING = 0.05;

  /**
   * Added to C_jj, in units of its mean: gives channels that are never active a positive weight.
   */
  private static final double FLOOR = 1e-6;

  private final Matrix c;
  private final Compute compute;
  private final double meanDiagonal;
  private final Metric metric;

  /**
   * Makes D^2 and D.
   *
   * @param inverse memory of an inverse, for the time that it takes
   * @param scratch memory that is needed as long as this is used
   */
  SplittingMetric(
      LayerProblem problem, Compute compute, SegmentAllocator inverse, SegmentAllocator scratch) {
    this.c = problem.secondMoment();
    this.compute = compute;
    this.meanDiagonal = DampedFactor.meanDiagonal(c);
    this.metric =
        isDefined()
            ? problem
                .factors()
                .get(
                    "metric",
                    Metric.class,
                    3L * Float.BYTES * c.columns(),
                    memory -> measure(allocate(inverse).beside(), memory),
                    scratch)
            : new Metric(MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL, 0, 0);
  }

  /** The diagonals of D^2, D and D^-1, [dIn]. */
  private record Metric(
      MemorySegment squared,
      MemorySegment root,
      MemorySegment inverseRoot,
      double openShare,
      double damping) {}

  /** Of an inverse X^T X only the diagonal is needed: the squared norms of X's columns. */
  private Metric measure(Matrix x, SegmentAllocator memory) {
    double added =
        DampedFactor.invertFactor(
            a -> addDiagonal(a, j -> DAMPING * c.get(j, j) + FLOOR * meanDiagonal),
            meanDiagonal,
            0,
            x,
            compute);
    double[] diagonal = new double[c.columns()];
    for (int i = 0; i < x.rows(); i++) {
      MemorySegment row = x.row(i);
      for (int j = 0; j <= i; j++) {
        double value = row.getAtIndex(JAVA_FLOAT, j);
        diagonal[j] += value * value;
      }
    }
    double open = 0;
    for (int j = 0; j < diagonal.length; j++) {
      open += DAMPING * Math.max(0, c.get(j, j)) * diagonal[j];
    }
    MemorySegment squared = memory.allocate(JAVA_FLOAT, c.columns());
    MemorySegment root = memory.allocate(JAVA_FLOAT, c.columns());
    MemorySegment inverseRoot = memory.allocate(JAVA_FLOAT, c.columns());
    for (int j = 0; j < diagonal.length; j++) {
      squared.setAtIndex(JAVA_FLOAT, j, (float) (1 / diagonal[j]));
      root.setAtIndex(JAVA_FLOAT, j, (float) (1 / Math.sqrt(diagonal[j])));
      inverseRoot.setAtIndex(JAVA_FLOAT, j, (float) Math.sqrt(diagonal[j]));
    }
    return new Metric(squared, root, inverseRoot, open / diagonal.length, added);
  }

  /** Whether any channel has an input: there is nothing to solve where none has. */
  boolean isDefined() {
    return meanDiagonal > 0;
  }

  /** The diagonal of D, [dIn]. */
  MemorySegment root() {
    return metric.root;
  }

  /** The diagonal of D^-1, [dIn]. */
  MemorySegment inverseRoot() {
    return metric.inverseRoot;
  }

  /**
   * The share of directions that C leaves open: 1 - tr[C (C + lambda diag C)^-1] / dIn, what ridge
   * regression at the metric's lambda lacks in degrees of freedom. Channels without inputs count as
   * closed: nothing can be gained by them.
   */
  double openShare() {
    return metric.openShare;
  }

  /** What had to be added to C's diagonal for D^2, in units of its mean. */
  double damping() {
    return metric.damping;
  }

  /**
   * D (C + rho D^2)^-1 D in two parts. In the metric's units no entry is above 1 / rho, whatever
   * those of the channels are: products whose errors are relative to the largest entries harm none.
   * The diagonal is much larger than what is beside it: apart from that it can be multiplied in
   * float32 where the rest has bfloat16's 8 bits.
   *
   * @param both what is beside the diagonal, [dIn, dIn] with zeros on it, and the diagonal as one
   *     more row
   * @param damping what had to be added to the diagonal of C, in units of its mean
   */
  record Inverse(Matrix both, double damping) {
    Matrix beside() {
      return both.rowRange(0, both.columns());
    }

    MemorySegment diagonal() {
      return both.row(both.columns());
    }
  }

  /** Memory for an inverse. */
  Inverse allocate(SegmentAllocator memory) {
    return new Inverse(Matrix.allocate(memory, c.rows() + 1, c.columns()), 0);
  }

  /** What an inverse takes. */
  long inverseBytes() {
    return (c.size() + c.columns()) * Float.BYTES;
  }

  /** Makes D (C + rho D^2)^-1 D. */
  Inverse inverse(double rho, SegmentAllocator memory) {
    Inverse inverse = allocate(memory);
    Matrix a = inverse.beside();
    double added =
        DampedFactor.invert(
            into -> addDiagonal(into, j -> rho * metric.squared.getAtIndex(JAVA_FLOAT, j)),
            meanDiagonal,
            0,
            a,
            compute);
    scale(a);
    for (int j = 0; j < a.rows(); j++) {
      inverse.diagonal().setAtIndex(JAVA_FLOAT, j, a.get(j, j));
      a.set(j, j, 0);
    }
    return new Inverse(inverse.both, added);
  }

  private void scale(Matrix inverse) {
    ArithmeticKernels arithmetic = compute.kernels().arithmetic();
    Rows.forEach(
        compute,
        inverse.rows(),
        (from, to, scratch) -> {
          for (int i = from; i < to; i++) {
            MemorySegment row = inverse.row(i);
            arithmetic.multiply(row, metric.root, row);
            arithmetic.scale(row, metric.root.getAtIndex(JAVA_FLOAT, i), row);
          }
        });
  }

  private void addDiagonal(Matrix a, IntToDoubleFunction added) {
    a.copyFrom(c);
    for (int j = 0; j < a.rows(); j++) {
      a.set(j, j, (float) (Math.max(0, c.get(j, j)) + added.applyAsDouble(j)));
    }
  }
}
