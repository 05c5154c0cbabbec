// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.splitting;

import dev.awp.blas.Precision;
import dev.awp.solver.mask.MaskExchange;

/**
 * How long operator splitting runs. The penalty rho rises geometrically from stage to stage; in the
 * metric D^2 the same numbers serve layers of flat and of steep spectra (docs/solvers.md).
 *
 * @param firstRho of the first stage
 * @param lastRho of the last stage
 * @param stages changes of rho
 * @param inverses that are made for them, of as many rho from the first to the last; those between
 *     are interpolated ({@link SplittingInverses})
 * @param iterationsPerStage products in a stage
 * @param leastSquaresSteps of conjugate gradient on the final mask
 * @param exchanges whether single exchanges of the mask are then searched ({@link MaskExchange})
 */
public record SplittingOptions(
    double firstRho,
    double lastRho,
    int stages,
    int inverses,
    int iterationsPerStage,
    int leastSquaresSteps,
    boolean exchanges) {
  /** Chooses options for a layer of dIn columns, of whose entries a share may stay. */
  @FunctionalInterface
  public interface Choice {
    SplittingOptions of(int columns, double density);
  }

  /** An inverse for every stage, and no exchanges. */
  public SplittingOptions(
      double firstRho, double lastRho, int stages, int iterationsPerStage, int leastSquaresSteps) {
    this(firstRho, lastRho, stages, stages, iterationsPerStage, leastSquaresSteps, false);
  }

  public SplittingOptions {
    if (!(firstRho > 0 && lastRho >= firstRho) || Double.isInfinite(lastRho)) {
      throw new IllegalArgumentException(
          "rho must be positive and rise, it goes from %s to %s".formatted(firstRho, lastRho));
    }
    if (stages < 1 || iterationsPerStage < 1 || leastSquaresSteps < 0) {
      throw new IllegalArgumentException(
          "%s stages of %s iterations, %s least-squares steps"
              .formatted(stages, iterationsPerStage, leastSquaresSteps));
    }
    if (inverses < Math.min(stages, 2) || inverses > stages) {
      throw new IllegalArgumentException(inverses + " inverses for " + stages + " stages");
    }
  }

  /**
   * The default: 24 iterations in 8 stages, with 3 inverses. rho goes from 0.4 to 2 where half of
   * the entries stay, and to more where fewer stay: twice as much for a tenth (docs/solvers.md).
   *
   * @param density share of entries that may stay
   */
  public static SplittingOptions standard(double density) {
    double factor = Math.max(1, Math.pow(0.5 / density, Math.log(2) / Math.log(5)));
    return new SplittingOptions(0.4 * factor, 2 * factor, 8, 3, 3, 10, false);
  }

  /**
   * A third of the iterations, {@code --effort low}.
   *
   * @param density share of entries that may stay
   */
  public static SplittingOptions low(double density) {
    SplittingOptions all = standard(density);
    return new SplittingOptions(all.firstRho, all.lastRho, 4, 2, 2, 6, false);
  }

  /**
   * For the last percent, {@code --effort high}: four times the iterations, and exchanges where a
   * row is short enough for them.
   *
   * @param columns dIn
   */
  public static SplittingOptions high(int columns) {
    return new SplittingOptions(0.4, 4, 48, 8, 2, 16, columns <= MaskExchange.MOST_COLUMNS);
  }

  /**
   * With a range of rho that suits a C. Where it leaves more directions open than entries are to be
   * pruned, these can be pruned at no loss, if rho is so small at first that the iterates find
   * them: with half of the entries kept, up to a third less of f on layers of few tokens or of
   * steep spectra, and the same as before on others (docs/solvers.md).
   *
   * <p>Not so where there are fewer tokens than inputs: what they leave open other tokens do not,
   * and the lower f would be theirs alone. From one token an input to two the range moves there.
   *
   * @param openShare of C, by {@link SplittingMetric#openShare}
   * @param density share of entries that may stay
   * @param tokensPerInput tokens of the calibration that C is the mean of, for each channel
   */
  SplittingOptions adaptedTo(double openShare, double density, double tokensPerInput) {
    double open = openShare / Math.max(1 - density, Double.MIN_NORMAL);
    double known = Math.clamp(tokensPerInput - 1, 0.0, 1.0);
    return new SplittingOptions(
        firstRho * Math.pow(Math.clamp(Math.pow(0.5 / open, 3), 1 / 16.0, 1), known),
        lastRho * Math.pow(Math.clamp(Math.pow(0.75 / open, 2), 0.5, 1), known),
        stages,
        inverses,
        iterationsPerStage,
        leastSquaresSteps,
        exchanges);
  }

  /**
   * Flops in units of 2 dOut dIn^2: two thirds of an inverse for the metric, the inverses (dIn^3
   * each), the iterations, the residual, the least-squares steps, and half a product for each of
   * three evaluations.
   */
  double cost(int rows, int columns, Precision precision) {
    double decomposed = (inverses + 2 / 3.0) * columns / (2.0 * Math.max(1, rows));
    double products = stages * (double) iterationsPerStage + leastSquaresSteps(precision);
    return decomposed + products + 2.5;
  }

  /**
   * Steps of least squares whose products are in that precision: in bfloat16 a fifth more than in
   * float32, which end within a thousandth of its f or below (docs/bf16.md). C in bfloat16 is a
   * quadratic form of its own, in which directions are not quite conjugate in C.
   */
  public int leastSquaresSteps(Precision precision) {
    return precision == Precision.BF16 ? Math.ceilDiv(6 * leastSquaresSteps, 5) : leastSquaresSteps;
  }

  /** rho of a stage, from 0. */
  public double rho(int stage) {
    return onTheWay(stage, stages);
  }

  /** rho of an inverse that is made, from 0. */
  public double node(int index) {
    return onTheWay(index, inverses);
  }

  private double onTheWay(int step, int steps) {
    double progress = steps == 1 ? 0 : step / (steps - 1.0);
    return firstRho * Math.pow(lastRho / firstRho, progress);
  }
}
