// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.drawing;

import dev.awp.text.document.Document;
import java.util.Arrays;

/** The length of every stretch of some texts, in characters: four bytes each. */
final class TextIndex {
  private final Stretches stretches;
  private int[] lengths = new int[1024];
  private int count;
  private long characters;

  TextIndex(Stretches stretches) {
    this.stretches = stretches;
  }

  void add(Document document) {
    int number = stretches.count(document);
    for (int i = 0; i < number; i++) {
      if (count == lengths.length) {
        lengths = Arrays.copyOf(lengths, Math.multiplyExact(count, 2));
      }
      lengths[count++] = Math.ceilDiv(document.length(), number);
    }
    characters += document.length();
  }

  /** Number of stretches. */
  int count() {
    return count;
  }

  /** Characters of all of them. */
  long characters() {
    return characters;
  }

  /** Characters of one, about. */
  int length(int stretch) {
    return lengths[stretch];
  }
}
