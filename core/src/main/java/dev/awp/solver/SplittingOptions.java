// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

/**
 * How long operator splitting runs. The penalty rho rises geometrically from stage to stage; in the
 * metric D^2 the same numbers serve layers of flat and of steep spectra (docs/solvers.md).
 *
 * @param firstRho of the first stage
 * @param lastRho of the last stage
 * @param stages changes of rho, each of which costs an inverse
 * @param iterationsPerStage products in a stage
 * @param leastSquaresSteps of conjugate gradient on the final mask
 * @param exchanges whether single exchanges of the mask are then searched ({@link MaskExchange})
 */
public record SplittingOptions(
    double firstRho,
    double lastRho,
    int stages,
    int iterationsPerStage,
    int leastSquaresSteps,
    boolean exchanges) {
  /** What the default may cost, in units of 2 dOut dIn^2 flops. */
  private static final double BUDGET = 48;

  private static final int ITERATIONS = 24;

  /** Chooses options for a layer of a shape, [dOut, dIn], of whose entries a share may stay. */
  @FunctionalInterface
  public interface Choice {
    SplittingOptions of(int rows, int columns, double density);
  }

  /** Without exchanges. */
  public SplittingOptions(
      double firstRho, double lastRho, int stages, int iterationsPerStage, int leastSquaresSteps) {
    this(firstRho, lastRho, stages, iterationsPerStage, leastSquaresSteps, false);
  }

  public SplittingOptions {
    if (!(firstRho > 0 && lastRho >= firstRho) || Double.isInfinite(lastRho)) {
      throw new IllegalArgumentException(
          "rho must be positive and rise, it goes from %s to %s".formatted(firstRho, lastRho));
    }
    if (stages < 1 || iterationsPerStage < 1 || leastSquaresSteps < 0) {
      throw new IllegalArgumentException(
          "%d stages of %d iterations, %d least-squares steps"
              .formatted(stages, iterationsPerStage, leastSquaresSteps));
    }
  }

  /**
   * The default: 24 iterations, in as many stages as 48 products' worth of flops allow. rho goes
   * from 0.4 to 2 where half of the entries stay, and to more where fewer stay: twice as much for a
   * tenth (docs/solvers.md).
   *
   * @param rows dOut
   * @param columns dIn
   * @param density share of entries that may stay
   */
  public static SplittingOptions standard(int rows, int columns, double density) {
    double factor = Math.max(1, Math.pow(0.5 / density, Math.log(2) / Math.log(5)));
    SplittingOptions options = null;
    for (int stages : new int[] {12, 8, 6, 4, 3}) {
      options = new SplittingOptions(0.4 * factor, 2 * factor, stages, ITERATIONS / stages, 10);
      if (options.cost(rows, columns) <= BUDGET) {
        return options;
      }
    }
    return options;
  }

  /**
   * For the last percent, {@code --effort high}: four times the iterations, and exchanges where a
   * row is short enough for them.
   *
   * @param columns dIn
   */
  public static SplittingOptions high(int columns) {
    return new SplittingOptions(0.4, 4, 48, 2, 16, columns <= MaskExchange.MOST_COLUMNS);
  }

  /**
   * Flops in units of 2 dOut dIn^2: f(0), two thirds of an inverse for the metric and one a stage
   * (dIn^3 each), the iterations, the residual, the least-squares steps, and two evaluations at the
   * end.
   */
  double cost(int rows, int columns) {
    double inverses = (stages + 2 / 3.0) * columns / (2.0 * Math.max(1, rows));
    return inverses + stages * (double) iterationsPerStage + leastSquaresSteps + 4;
  }

  /** rho of a stage, from 0. */
  double rho(int stage) {
    double progress = stages == 1 ? 0 : stage / (stages - 1.0);
    return firstRho * Math.pow(lastRho / firstRho, progress);
  }
}
