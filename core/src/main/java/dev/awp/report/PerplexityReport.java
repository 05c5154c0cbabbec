// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report;

import java.util.Objects;

/**
 * Perplexity of one text before and after compression.
 *
 * @param file the text's file name
 * @param sequenceLength tokens in a window
 * @param windows number of non-overlapping windows
 * @param before of the model that was read
 * @param after of the model that was written, loaded from its files
 */
public record PerplexityReport(
    String file, int sequenceLength, int windows, double before, double after) {
  public PerplexityReport {
    Objects.requireNonNull(file, "file");
  }
}
