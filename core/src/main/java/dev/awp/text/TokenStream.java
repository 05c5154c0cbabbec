// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text;

import dev.awp.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The tokens of files, document after document. */
public final class TokenStream {
  private TokenStream() {}

  public static int[] of(List<Path> files, Tokenizer tokenizer) {
    List<int[]> parts = new ArrayList<>();
    int total = 0;
    for (Path file : files) {
      for (String document : TextFile.documents(file)) {
        int[] tokens = tokenizer.encode(document);
        parts.add(tokens);
        total = Math.addExact(total, tokens.length);
      }
    }
    int[] all = new int[total];
    int at = 0;
    for (int[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  /** Non-overlapping windows of that many tokens; a last partial one is dropped. */
  public static int[][] windows(int[] tokens, int length) {
    int[][] windows = new int[tokens.length / length][];
    for (int i = 0; i < windows.length; i++) {
      windows[i] = Arrays.copyOfRange(tokens, i * length, (i + 1) * length);
    }
    return windows;
  }
}
