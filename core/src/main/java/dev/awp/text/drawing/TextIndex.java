// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.drawing;

import dev.awp.text.document.Document;
import java.util.Arrays;

/** The length of every document and part of some texts, in characters: four bytes each. */
final class TextIndex {
  private int[] lengths = new int[1024];

  private int parts;
  private long characters;

  void add(Document document) {
    if (parts == lengths.length) {
      lengths = Arrays.copyOf(lengths, Math.multiplyExact(parts, 2));
    }
    lengths[parts++] = document.length();
    characters += document.length();
  }

  int parts() {
    return parts;
  }

  long characters() {
    return characters;
  }

  int length(int part) {
    return lengths[part];
  }
}
