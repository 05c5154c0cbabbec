// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.ArithmeticKernels;
import dev.awp.kernel.Compute;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
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
  private final MemorySegment squared;
  private final MemorySegment root;
  private final MemorySegment inverseRoot;
  private final double meanDiagonal;
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
    this.squared = scratch.allocate(JAVA_FLOAT, c.columns());
    this.root = scratch.allocate(JAVA_FLOAT, c.columns());
    this.inverseRoot = scratch.allocate(JAVA_FLOAT, c.columns());
    this.meanDiagonal = DampedFactor.meanDiagonal(c);
    if (isDefined()) {
      fill();
    }
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

  private void fill() {
    Matrix inverse =
        invert(
            "metric",
            a -> addDiagonal(a, j -> DAMPING * c.get(j, j) + FLOOR * meanDiagonal),
            a -> {});
    for (int j = 0; j < c.rows(); j++) {
      double value = 1 / inverse.get(j, j);
      squared.setAtIndex(JAVA_FLOAT, j, (float) value);
      root.setAtIndex(JAVA_FLOAT, j, (float) Math.sqrt(value));
      inverseRoot.setAtIndex(JAVA_FLOAT, j, (float) (1 / Math.sqrt(value)));
    }
  }

  /** Whether any channel has an input: there is nothing to solve where none has. */
  boolean isDefined() {
    return meanDiagonal > 0;
  }

  /** The diagonal of D, [dIn]. */
  MemorySegment root() {
    return root;
  }

  /** The diagonal of D^-1, [dIn]. */
  MemorySegment inverseRoot() {
    return inverseRoot;
  }

  /** The most that had to be added to a diagonal, in units of C's mean diagonal. */
  double damping() {
    return damping;
  }

  /**
   * D (C + rho D^2)^-1 D, valid until the next call. In the metric's units no entry is above 1 /
   * rho, whatever those of the channels are: products whose errors are relative to the largest
   * entries harm none.
   */
  Matrix inverse(double rho) {
    return invert(
        new Penalty(rho),
        a -> addDiagonal(a, j -> rho * squared.getAtIndex(JAVA_FLOAT, j)),
        this::scale);
  }

  private void scale(Matrix inverse) {
    ArithmeticKernels arithmetic = compute.kernels().arithmetic();
    for (int i = 0; i < inverse.rows(); i++) {
      MemorySegment row = inverse.row(i);
      arithmetic.multiply(row, root, row);
      arithmetic.scale(row, root.getAtIndex(JAVA_FLOAT, i), row);
    }
  }

  /** Name of an inverse. */
  private record Penalty(double rho) {}

  private record Inverse(Matrix matrix, double damping) {}

  private void addDiagonal(Matrix a, IntToDoubleFunction added) {
    a.copyFrom(c);
    for (int j = 0; j < a.rows(); j++) {
      a.set(j, j, (float) (Math.max(0, c.get(j, j)) + added.applyAsDouble(j)));
    }
  }

  private Matrix invert(Object name, DampedFactor.Source source, Consumer<Matrix> finish) {
    Inverse inverse =
        factors.get(
            name,
            Inverse.class,
            c.size() * Float.BYTES,
            memory -> {
              Matrix a = Matrix.allocate(memory, c.rows(), c.columns());
              double added = DampedFactor.invert(source, meanDiagonal, 0, a, compute);
              finish.accept(a);
              return new Inverse(a, added);
            },
            reused);
    damping = Math.max(damping, inverse.damping());
    return inverse.matrix();
  }
}
