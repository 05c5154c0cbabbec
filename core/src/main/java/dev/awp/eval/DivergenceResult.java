// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval;

import dev.awp.report.DivergenceReport;

/**
 * A model and a reference on the same text.
 *
 * @param divergence of the model's predictions from the reference's
 */
public record DivergenceResult(
    PerplexityResult model, PerplexityResult reference, DivergenceReport divergence) {}
