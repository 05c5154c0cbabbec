// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval;

import dev.awp.report.Estimate;

/**
 * Perplexity of a model on a text.
 *
 * @param loss mean negative log-likelihood of a predicted token, in nats
 * @param windows number of non-overlapping windows
 * @param sequenceLength tokens in a window
 * @param tokens tokens of the text, the dropped rest included
 */
public record PerplexityResult(Estimate loss, int windows, int sequenceLength, int tokens) {
  static PerplexityResult of(Sample losses, int windows, int sequenceLength, int tokens) {
    return new PerplexityResult(losses.mean(), windows, sequenceLength, tokens);
  }

  /**
   * exp of the mean negative log-likelihood; its standard error is itself times that of the loss.
   */
  public Estimate perplexity() {
    return loss.exp();
  }
}
