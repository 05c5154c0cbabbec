// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval;

/**
 * Perplexity of a model on a text.
 *
 * @param perplexity exp of the mean negative log-likelihood
 * @param meanLoss mean negative log-likelihood of a predicted token, in nats
 * @param windows number of non-overlapping windows
 * @param sequenceLength tokens in a window
 * @param tokens tokens of the text, the dropped rest included
 */
public record PerplexityResult(
    double perplexity, double meanLoss, int windows, int sequenceLength, int tokens) {}
