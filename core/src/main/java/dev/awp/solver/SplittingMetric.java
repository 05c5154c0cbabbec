// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.Rows;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.kernel.Compute;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/**
 * What {@link OperatorSplitting} decomposes of C: its metric D^2, and the inverse of every stage,
 * one at a time in the same memory where {@link SharedFactors} has none for it.
 */
final class SplittingMetric {
  /** lambda of the metric: below, the inverse of a C of few tokens is noise. */
  private static final double DAMPING = 0.05;

  /**
   * Added to C_jj, in units of its mean: gives channels that are never active a positive weight.
   */
  private static final double FLOOR = 1e-6;

  private final Matrix c;
  private final SharedFactors factors;
  private final Compute compute;
  private final SegmentAllocator reused;
  private final double meanDiagonal;
  private final Metric metric;
  private double damping;

  /**
   * Makes D^2 and D.
   *
   * @param scratch memory that is needed as long as this is used
   */
  SplittingMetric(LayerProblem problem, Compute compute, SegmentAllocator scratch) {
    this.c = problem.secondMoment();
    this.factors = problem.factors();
    this.compute = compute;
    this.reused = reusing(scratch);
    this.meanDiagonal = DampedFactor.meanDiagonal(c);
    this.metric =
        isDefined()
            ? factors.get(
                "metric", Metric.class, 3L * Float.BYTES * c.columns(), this::measure, scratch)
            : new Metric(MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL, 0);
    this.damping = metric.damping;
  }

  /** Gives out the same memory again and again: one inverse is needed at a time. */
  private static SegmentAllocator reusing(SegmentAllocator scratch) {
    List<MemorySegment> memory = new ArrayList<>();
    return (bytes, alignment) -> {
      if (memory.isEmpty()) {
        memory.add(scratch.allocate(bytes, alignment));
      }
      return memory.getFirst();
    };
  }

  /** Memory of an inverse, and a last row for its diagonal. */
  private Matrix allocate(SegmentAllocator memory) {
    return Matrix.allocate(memory, c.rows() + 1, c.columns());
  }

  /** The diagonals of D^2, D and D^-1, [dIn]. */
  private record Metric(
      MemorySegment squared, MemorySegment root, MemorySegment inverseRoot, double damping) {}

  /** Of an inverse X^T X only the diagonal is needed: the squared norms of X's columns. */
  private Metric measure(SegmentAllocator memory) {
    Matrix x = allocate(reused).rowRange(0, c.rows());
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
    MemorySegment squared = memory.allocate(JAVA_FLOAT, c.columns());
    MemorySegment root = memory.allocate(JAVA_FLOAT, c.columns());
    MemorySegment inverseRoot = memory.allocate(JAVA_FLOAT, c.columns());
    for (int j = 0; j < diagonal.length; j++) {
      squared.setAtIndex(JAVA_FLOAT, j, (float) (1 / diagonal[j]));
      root.setAtIndex(JAVA_FLOAT, j, (float) (1 / Math.sqrt(diagonal[j])));
      inverseRoot.setAtIndex(JAVA_FLOAT, j, (float) Math.sqrt(diagonal[j]));
    }
    return new Metric(squared, root, inverseRoot, added);
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

  /** The most that had to be added to a diagonal, in units of C's mean diagonal. */
  double damping() {
    return damping;
  }

  /**
   * D (C + rho D^2)^-1 D in two parts. In the metric's units no entry is above 1 / rho, whatever
   * those of the channels are: products whose errors are relative to the largest entries harm none.
   * The diagonal is much larger than what is beside it: apart from that it can be multiplied in
   * float32 where the rest has bfloat16's 8 bits.
   *
   * @param beside the diagonal; zeros on it
   * @param diagonal [dIn]
   * @param damping what had to be added to the diagonal of C, in units of its mean
   */
  record Inverse(Matrix beside, MemorySegment diagonal, double damping) {}

  /** The inverse of a stage, valid until the next call. */
  Inverse inverse(double rho) {
    Inverse inverse =
        factors.get(
            new Penalty(rho),
            Inverse.class,
            (c.size() + c.columns()) * Float.BYTES,
            memory -> {
              Matrix both = allocate(memory);
              Matrix a = both.rowRange(0, c.rows());
              double added =
                  DampedFactor.invert(
                      into ->
                          addDiagonal(into, j -> rho * metric.squared.getAtIndex(JAVA_FLOAT, j)),
                      meanDiagonal,
                      0,
                      a,
                      compute);
              scale(a);
              MemorySegment diagonal = both.row(c.rows());
              for (int j = 0; j < a.rows(); j++) {
                diagonal.setAtIndex(JAVA_FLOAT, j, a.get(j, j));
                a.set(j, j, 0);
              }
              return new Inverse(a, diagonal, added);
            },
            reused);
    damping = Math.max(damping, inverse.damping());
    return inverse;
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

  /** Name of an inverse. */
  private record Penalty(double rho) {}

  private void addDiagonal(Matrix a, IntToDoubleFunction added) {
    a.copyFrom(c);
    for (int j = 0; j < a.rows(); j++) {
      a.set(j, j, (float) (Math.max(0, c.get(j, j)) + added.applyAsDouble(j)));
    }
  }
}
