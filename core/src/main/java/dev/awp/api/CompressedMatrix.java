// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.api;

import dev.awp.constraint.Constraint;
import dev.awp.solver.Solution;
import java.util.Optional;

/** A compressed matrix on the Java heap. Arrays are this object's own; callers may change them. */
public final class CompressedMatrix {
  private final float[][] weights;
  private final Optional<Grid> grid;
  private final double relativeError;
  private final int iterations;

  private CompressedMatrix(
      float[][] weights, Optional<Grid> grid, double relativeError, int iterations) {
    this.weights = weights;
    this.grid = grid;
    this.relativeError = relativeError;
    this.iterations = iterations;
  }

  static CompressedMatrix of(Solution solution, Constraint constraint) {
    return new CompressedMatrix(
        solution.weights().toArray(),
        constraint.grid().map(ignored -> Grid.of(solution)),
        solution.relativeError(),
        solution.iterations());
  }

  /** T, [dOut, dIn], exactly in the constraint set. */
  public float[][] weights() {
    return weights;
  }

  /** The grid, where the constraint has one. */
  public Optional<Grid> grid() {
    return grid;
  }

  /** f(T) / f(0), without a unit: the share of the output's energy that is lost. */
  public double relativeError() {
    return relativeError;
  }

  /** Iterations that the solver took. */
  public int iterations() {
    return iterations;
  }

  /**
   * Scales and zero points: value = (code - zeroPoint) * scale, rounded to the grid's storage type,
   * and divided by the column's channel scale where there are some.
   */
  public static final class Grid {
    private final float[][] scales;
    private final float[][] zeroPoints;
    private final Optional<float[]> channelScales;

    private Grid(float[][] scales, float[][] zeroPoints, Optional<float[]> channelScales) {
      this.scales = scales;
      this.zeroPoints = zeroPoints;
      this.channelScales = channelScales;
    }

    private static Grid of(Solution solution) {
      return new Grid(
          solution.grid().scales().toArray(),
          solution.grid().zeroPoints().toArray(),
          solution.grid().channelScales().map(factors -> factors.toArray()[0]));
    }

    /** [dOut, groups]. */
    public float[][] scales() {
      return scales;
    }

    /** [dOut, groups], integers from 0 to 2^bits - 1. */
    public float[][] zeroPoints() {
      return zeroPoints;
    }

    /** [dIn]; only where the solver scales columns (awq). */
    public Optional<float[]> channelScales() {
      return channelScales;
    }
  }
}
