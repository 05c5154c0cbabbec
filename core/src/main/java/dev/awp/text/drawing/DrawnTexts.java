// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.drawing;

import dev.awp.text.TokenStream;
import dev.awp.text.document.ReadFile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;

/** Tokens of texts, and whose they are. Its arrays are not to be written. */
public final class DrawnTexts {
  private final TokenStream tokens;
  private final int[] documents;
  private final List<ReadFile> files;
  private final boolean whole;

  /**
   * Tokens with their documents.
   *
   * @param documents the number of the document that each start of the tokens belongs to, counted
   *     over all files
   */
  DrawnTexts(TokenStream tokens, int[] documents, List<ReadFile> files, boolean whole) {
    this.tokens = tokens;
    this.documents = documents;
    this.files = List.copyOf(files);
    this.whole = whole;
  }

  /** Those of all documents in the order of the files, or of drawn ones in that of the drawing. */
  public TokenStream tokens() {
    return tokens;
  }

  int[] documents() {
    return documents;
  }

  /** What was read. */
  public List<ReadFile> files() {
    return files;
  }

  /** Whether the tokens are those of all documents. */
  public boolean whole() {
    return whole;
  }

  /** What was read, with the documents of which tokens lie in some windows as used. */
  public List<ReadFile> used(Collection<Integer> from, int length) {
    BitSet used = new BitSet();
    for (int begin : from) {
      int start = start(begin);
      for (int i = start; i < documents.length && tokens.starts()[i] < begin + length; i++) {
        used.set(documents[i]);
      }
    }
    List<ReadFile> told = new ArrayList<>();
    long first = 0;
    for (ReadFile file : files) {
      long end = first + file.documents();
      told.add(file.withUsed(used.get((int) first, (int) end).cardinality()));
      first = end;
    }
    return told;
  }

  /** The start that a token lies behind. */
  private int start(int token) {
    int found = Arrays.binarySearch(tokens.starts(), token);
    return found < 0 ? -found - 2 : found;
  }
}
