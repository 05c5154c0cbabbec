// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.sentencepiece;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The segmentation with the best sum of scores (unigram_model.cc, EncodeOptimized), by dynamic
 * programming over the ends of pieces. Sums are compared in float64 and kept in float32, as in the
 * original: it decides between segmentations that are equally good.
 */
final class UnigramSegmentation implements Segmentation {
  /** By how much a character without a piece is worse than the worst piece. */
  private static final float UNKNOWN_PENALTY = 10;

  private final Pieces pieces;
  private final PrefixTree tree = new PrefixTree();
  private final float unknownScore;
  private final float bestScore;

  UnigramSegmentation(Pieces pieces) {
    this.pieces = pieces;
    float least = Float.MAX_VALUE;
    // FLT_MIN in the original, above every score that is a logarithm of a probability.
    float most = Float.MIN_NORMAL;
    for (int id = 0; id < pieces.all().size(); id++) {
      Pieces.Piece piece = pieces.get(id);
      switch (piece.type()) {
        case NORMAL -> {
          least = Math.min(least, piece.score());
          most = Math.max(most, piece.score());
          tree.add(piece.text(), id);
        }
        case USER_DEFINED -> tree.add(piece.text(), id);
        case UNKNOWN, CONTROL, UNUSED, BYTE -> {}
      }
    }
    this.unknownScore = least - UNKNOWN_PENALTY;
    this.bestScore = most;
  }

  private double score(int id) {
    Pieces.Piece piece = pieces.get(id);
    if (piece.type() != Pieces.Type.USER_DEFINED) {
      return piece.score();
    }
    // A bonus, so that it is always taken.
    int length = piece.text().getBytes(StandardCharsets.UTF_8).length;
    return length * bestScore - 0.1;
  }

  @Override
  public List<String> cut(String text) {
    int n = text.length();
    float[] best = new float[n + 1];
    int[] startOf = new int[n + 1];
    Arrays.fill(startOf, -1);
    for (int from = 0; from < n; ) {
      int start = from;
      int next = text.offsetByCodePoints(from, 1);
      boolean[] single = {false};
      tree.prefixes(
          text,
          from,
          (end, id) -> {
            offer(best, startOf, start, end, score(id) + best[start]);
            single[0] |= end == next;
          });
      if (!single[0]) {
        offer(best, startOf, from, next, unknownScore + best[from]);
      }
      from = next;
    }
    List<String> cut = new ArrayList<>();
    for (int end = n; end > 0; end = startOf[end]) {
      cut.add(text.substring(startOf[end], end));
    }
    return cut.reversed();
  }

  private static void offer(float[] best, int[] startOf, int start, int end, double sum) {
    if (startOf[end] < 0 || sum > best[end]) {
      best[end] = (float) sum;
      startOf[end] = start;
    }
  }
}
