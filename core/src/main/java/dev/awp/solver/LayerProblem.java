// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import dev.awp.constraint.Constraint;
import dev.awp.tensor.Matrix;

/**
 * One linear layer: minimise f(T) = tr((W - T) C (W - T)^T) over T in the constraint set.
 *
 * @param weights W, [dOut, dIn]
 * @param secondMoment C, [dIn, dIn], symmetric positive semi-definite
 * @param constraint as it is for these weights ({@link Constraint#of})
 * @param factors of C, shared with the other layers that have the same inputs
 * @param tokens that C is the mean of; Long.MAX_VALUE where that is not known
 * @param layerRows rows of the layer, of which the weights are all or a {@linkplain #range range}:
 *     whatever follows from how many there are follows from this number
 */
public record LayerProblem(
    Matrix weights,
    Matrix secondMoment,
    Constraint constraint,
    SharedFactors factors,
    long tokens,
    int layerRows) {
  /** A whole layer. */
  public LayerProblem(
      Matrix weights,
      Matrix secondMoment,
      Constraint constraint,
      SharedFactors factors,
      long tokens) {
    this(weights, secondMoment, constraint, factors, tokens, weights.rows());
  }

  /** A layer whose C is the mean of many tokens. */
  public LayerProblem(
      Matrix weights, Matrix secondMoment, Constraint constraint, SharedFactors factors) {
    this(weights, secondMoment, constraint, factors, Long.MAX_VALUE);
  }

  /** The same, which shares its inputs with no other layer. */
  public LayerProblem(Matrix weights, Matrix secondMoment, Constraint constraint) {
    this(weights, secondMoment, constraint, SharedFactors.none());
  }

  /**
   * Some of the layer's rows, whose solutions are those of the whole layer to the byte where both
   * ends are multiples of {@link Solver#rangeRows}.
   *
   * @param from the first
   * @param to one past the last
   */
  public LayerProblem range(int from, int to) {
    return new LayerProblem(
        weights.rowRange(from, to), secondMoment, constraint, factors, tokens, layerRows);
  }

  /** Other rows, as a layer of their own. */
  public LayerProblem of(Matrix rows) {
    return new LayerProblem(rows, secondMoment, constraint, factors, tokens);
  }

  /** The same layer under another constraint. */
  public LayerProblem under(Constraint other) {
    return new LayerProblem(weights, secondMoment, other, factors, tokens, layerRows);
  }

  public LayerProblem {
    int columns = weights.columns();
    if (secondMoment.rows() != columns || secondMoment.columns() != columns) {
      throw new IllegalArgumentException(
          "weights %s need a second moment [%s, %s], there is %s"
              .formatted(weights, columns, columns, secondMoment));
    }
    if (layerRows < weights.rows()) {
      throw new IllegalArgumentException(
          "weights %s are no range of %s rows".formatted(weights, layerRows));
    }
    if (layerRows == weights.rows()) {
      constraint = constraint.of(weights); // a range has the whole layer's
    }
  }
}
