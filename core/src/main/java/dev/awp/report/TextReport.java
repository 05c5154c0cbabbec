// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a file of texts was read as.
 *
 * @param use calibration or evaluation
 * @param file its name
 * @param readAs the kind of file, where its documents are, how it is packed and encoded
 * @param documents that it has
 * @param used documents of which tokens lie in the windows
 * @param dropped rows that are no documents, by the reason
 */
public record TextReport(
    String use, String file, String readAs, long documents, long used, Map<String, Long> dropped) {
  public TextReport {
    requireNonNull(use, "use");
    requireNonNull(file, "file");
    requireNonNull(readAs, "readAs");
    dropped =
        dropped == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(dropped));
  }
}
