// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.splitting;

import dev.awp.compute.Compute;
import dev.awp.compute.Rows;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.SharedFactors;
import dev.awp.solver.splitting.SplittingMetric.Inverse;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.List;

/**
 * The inverses of {@link OperatorSplitting}'s stages, in rising order of rho. Few of them are made,
 * the nodes; a stage between two has their linear interpolation in 1 / rho. That takes a reading of
 * two matrices where an inverse takes two thirds of a product of their order. It is exact where C
 * is zero or large beside rho D^2, and in between at most 4 % too small where nodes are 2.2 apart.
 * f does not suffer (docs/solvers.md): the splitting looks for a mask, and the least squares on it
 * know C itself.
 *
 * <p>Nodes are kept for other layers where {@link SharedFactors} does. Memory beside them: two
 * inverses.
 */
final class SplittingInverses implements AutoCloseable {
  /** What a rho may be off by and still be a node's. */
  private static final double ROUNDING = 1e-9;

  private final SplittingOptions options;
  private final SplittingMetric metric;
  private final SharedFactors factors;
  private final Compute compute;
  private final Arena arena;
  private final List<SegmentAllocator> memory;

  /** A node, or on the way from one to the next. */
  private Inverse current;

  /** Where the current one is. */
  private double rho;

  /** Whether nobody else reads the current one. */
  private boolean changeable;

  /** How many nodes lie at rho or below. */
  private int passed;

  private Inverse next;
  private double damping;

  /**
   * Makes the metric, and no inverse yet.
   *
   * @param options which are adapted to the problem's C
   */
  @SuppressWarnings("MustBeClosed") // the arena is closed by close(), or below
  SplittingInverses(LayerProblem problem, SplittingOptions options, Compute compute) {
    this.factors = problem.factors();
    this.compute = compute;
    this.arena = Arena.ofShared();
    this.memory = List.of(reusing(arena), reusing(arena));
    try {
      this.metric = new SplittingMetric(problem, compute, memory.getFirst(), arena);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
    this.options =
        options.adaptedTo(
            metric.openShare(),
            problem.constraint().sparsity().orElseThrow().density(),
            problem.tokens() / (double) problem.weights().columns());
    this.damping = metric.damping();
  }

  /** Gives out the same memory again and again: one inverse of two is not needed any more. */
  private static SegmentAllocator reusing(SegmentAllocator scratch) {
    List<MemorySegment> memory = new ArrayList<>();
    return (bytes, alignment) -> {
      if (memory.isEmpty()) {
        memory.add(scratch.allocate(bytes, alignment));
      }
      return memory.getFirst();
    };
  }

  /** The stages. */
  SplittingOptions options() {
    return options;
  }

  SplittingMetric metric() {
    return metric;
  }

  /** The most that had to be added to a diagonal, in units of C's mean diagonal. */
  double damping() {
    return damping;
  }

  /** Name of an inverse. */
  private record Penalty(double rho) {}

  private Penalty name(int node) {
    return new Penalty(options.node(node));
  }

  private Inverse node(int node) {
    Inverse inverse =
        factors.get(
            name(node),
            Inverse.class,
            metric.inverseBytes(),
            own -> metric.inverse(options.node(node), own),
            memory.get(node % 2));
    damping = Math.max(damping, inverse.damping());
    return inverse;
  }

  /** The inverse of the next stage, valid until the next call. */
  Inverse of(int stage) {
    double wanted = options.rho(stage);
    while (passed < options.inverses() && options.node(passed) <= wanted * (1 + ROUNDING)) {
      current = next == null ? node(passed) : next;
      changeable = !factors.keeps(name(passed));
      rho = options.node(passed);
      next = null;
      passed++;
    }
    if (rho < wanted * (1 - ROUNDING)) {
      if (next == null) {
        next = node(passed);
      }
      moveTo(wanted);
    }
    return current;
  }

  /** Interpolates: on the line from the last node to the next one, where the current one is. */
  private void moveTo(double wanted) {
    if (!changeable) {
      Inverse copy = metric.allocate(memory.get((passed - 1) % 2));
      copy.both().copyFrom(current.both());
      current = copy;
      changeable = true;
    }
    double share = (1 / wanted - 1 / rho) / (1 / options.node(passed) - 1 / rho);
    ArithmeticKernels arithmetic = compute.kernels().arithmetic();
    Rows.forEach(
        compute,
        current.both().rows(),
        (from, to, scratch) -> {
          for (int row = from; row < to; row++) {
            var of = current.both().row(row);
            arithmetic.scale(of, (float) (1 - share), of);
            arithmetic.multiplyAdd((float) share, next.both().row(row), of, of);
          }
        });
    rho = wanted;
  }

  /** Frees the inverses that are not kept. */
  @Override
  public void close() {
    arena.close();
  }
}
