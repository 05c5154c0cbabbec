// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report;

import static java.util.Objects.requireNonNull;

/**
 * What one text says of a model before and after compression.
 *
 * @param file the text's file name
 * @param sequenceLength tokens in a window
 * @param windows number of non-overlapping windows
 * @param before perplexity of the model that was read
 * @param after perplexity of the model that was written, loaded from its files
 * @param beforeError standard error of the one
 * @param afterError standard error of the other
 * @param divergence of the written model's predictions from those of the one that was read
 */
public record PerplexityReport(
    String file,
    int sequenceLength,
    int windows,
    double before,
    double after,
    double beforeError,
    double afterError,
    DivergenceReport divergence) {
  public PerplexityReport {
    requireNonNull(file, "file");
    // Reports of earlier versions have none, and no standard errors.
    divergence = divergence == null ? DivergenceReport.NONE : divergence;
  }
}
