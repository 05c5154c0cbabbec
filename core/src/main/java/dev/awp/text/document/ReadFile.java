// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.document;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a file of texts was found to hold.
 *
 * @param name of the file, without the folders it lies in
 * @param kind what it was read as: "JSON, text in \"text\""
 * @param documents that it has
 * @param used documents of which tokens were used
 * @param dropped rows that are no documents, by the reason
 */
public record ReadFile(
    String name, String kind, long documents, long used, Map<String, Long> dropped) {
  public ReadFile {
    dropped = Collections.unmodifiableMap(new TreeMap<>(dropped));
  }

  /** The same with another number of documents that are used. */
  public ReadFile withUsed(long count) {
    return new ReadFile(name, kind, documents, count, dropped);
  }

  /** What was dropped, in a sentence; empty where nothing was. */
  public Optional<String> warning() {
    return dropped.isEmpty() ? Optional.empty() : Optional.of("%s: %s".formatted(name, describe()));
  }

  /** All of it in words: "read as JSON lines, 2 documents, 1 row dropped (empty)". */
  public String describe() {
    String rows =
        dropped.entrySet().stream()
            .map(entry -> ", %s dropped (%s)".formatted(entry.getValue(), entry.getKey()))
            .collect(Collectors.joining());
    return "read as %s, %s document%s%s"
        .formatted(kind, documents, documents == 1 ? "" : "s", rows);
  }
}
