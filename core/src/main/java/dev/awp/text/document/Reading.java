// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.document;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** A file while it is read: takes its documents in, cuts long ones, and counts. */
public final class Reading {
  private final Path file;
  private final Consumer<Document> documents;
  private final Map<String, Long> dropped = new TreeMap<>();
  private long count;
  private String kind = "";

  public Reading(Path file, Consumer<Document> documents) {
    this.file = file;
    this.documents = documents;
  }

  public Path file() {
    return file;
  }

  /** Says what the file is read as. */
  public void readAs(String words) {
    kind = words;
  }

  /** A whole text. */
  public void text(String text) {
    if (text.isBlank()) {
      drop("empty");
      return;
    }
    TextParts parts = parts();
    parts.append(text);
    parts.finish();
  }

  /** A text that comes bit by bit. */
  public TextParts parts() {
    count++;
    return new TextParts(documents);
  }

  public void conversation(Document.Conversation conversation) {
    count++;
    documents.accept(conversation);
  }

  /** What a row lacks that it is no document. */
  public void drop(String reason) {
    dropped.merge(reason, 1L, Long::sum);
  }

  /**
   * What was found.
   *
   * @param more how the file is packed and encoded
   */
  public ReadFile summary(String name, String more) {
    return new ReadFile(name, kind + more, count, 0, dropped);
  }
}
