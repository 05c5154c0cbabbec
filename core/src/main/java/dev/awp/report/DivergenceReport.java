// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonIgnore;

/**
 * How far a model's predictions q are from those of a reference p, over the n tokens of a text that
 * are predicted, as llama.cpp defines it; logarithms are natural.
 *
 * <pre>
 *   divergence        mean over the tokens of D = sum p (log p - log q), the sum over the vocabulary
 *   median, 99 %      of the same n values, between neighbours by a straight line
 *   sameTop           share of the tokens for which the likeliest token is the same
 *   perplexityRatio   exp of the mean of d = log p(token) - log q(token)
 *   probabilityChange sqrt of the mean of (q(token) - p(token))^2
 * </pre>
 *
 * <p>Standard errors are s / sqrt n with s^2 the sample's variance: of D; of the hits, which makes
 * sqrt(share (1 - share) / (n - 1)); of d, times the ratio (which is the error of the difference of
 * both models' mean losses, their covariance included); and to first order for the root.
 *
 * @param divergence mean Kullback-Leibler divergence in nats a token
 * @param median of the tokens' divergences
 * @param percentile99 99 of 100 tokens have no larger one
 * @param maximum the largest
 * @param sameTop between 0 and 1
 * @param perplexityRatio of the model to the reference
 * @param probabilityChange between 0 and 1
 */
public record DivergenceReport(
    Estimate divergence,
    double median,
    double percentile99,
    double maximum,
    Estimate sameTop,
    Estimate perplexityRatio,
    Estimate probabilityChange) {
  private static final Estimate UNKNOWN = new Estimate(Double.NaN, Double.NaN);

  /** Of what was not measured: figures are NaN. */
  public static final DivergenceReport NONE =
      new DivergenceReport(UNKNOWN, Double.NaN, Double.NaN, Double.NaN, UNKNOWN, UNKNOWN, UNKNOWN);

  public DivergenceReport {
    requireNonNull(divergence, "divergence");
    requireNonNull(sameTop, "sameTop");
    requireNonNull(perplexityRatio, "perplexityRatio");
    requireNonNull(probabilityChange, "probabilityChange");
  }

  /** Whether it was measured. */
  @JsonIgnore
  public boolean isMeasured() {
    return !equals(NONE);
  }
}
