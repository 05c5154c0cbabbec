// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.sentencepiece;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.PriorityQueue;

/**
 * Byte-pair encoding as SentencePiece does it (bpe_model.cc): of all neighbours that are a piece
 * together, those with the best score merge first, among equals the leftmost. User-defined pieces
 * never merge.
 */
final class BytePairMerges implements Segmentation {
  private final Pieces pieces;
  private final PrefixTree userDefined;

  BytePairMerges(Pieces pieces, PrefixTree userDefined) {
    this.pieces = pieces;
    this.userDefined = userDefined;
  }

  /** Two neighbours that could merge, as long as they still are what they were. */
  private record Merge(float score, int left, int right, int length) implements Comparable<Merge> {
    @Override
    public int compareTo(Merge other) {
      int byScore = Float.compare(other.score, score);
      return byScore != 0 ? byScore : Integer.compare(left, other.left);
    }
  }

  /** The symbols of one text: a list whose entries point at their neighbours, -1 for none. */
  private final class Symbols {
    private final List<String> texts = new ArrayList<>();
    private final List<Boolean> frozen = new ArrayList<>();
    private final PriorityQueue<Merge> agenda = new PriorityQueue<>();
    private final Map<String, List<String>> mergedFrom = new HashMap<>();
    private final int[] before;
    private final int[] after;

    private Symbols(String text) {
      for (int at = 0; at < text.length(); ) {
        int end = userDefined.longest(text, at);
        frozen.add(end > at);
        end = end > at ? end : text.offsetByCodePoints(at, 1);
        texts.add(text.substring(at, end));
        at = end;
      }
      before = new int[texts.size()];
      after = new int[texts.size()];
      for (int i = 0; i < texts.size(); i++) {
        before[i] = i - 1;
        after[i] = i + 1 < texts.size() ? i + 1 : -1;
        propose(i - 1, i);
      }
    }

    private void propose(int left, int right) {
      if (left < 0 || right < 0 || frozen.get(left) || frozen.get(right)) {
        return;
      }
      String together = texts.get(left) + texts.get(right);
      OptionalInt id = pieces.find(together);
      if (id.isEmpty()) {
        return;
      }
      Pieces.Piece piece = pieces.get(id.getAsInt());
      agenda.add(new Merge(piece.score(), left, right, together.length()));
      if (piece.type() == Pieces.Type.UNUSED) {
        mergedFrom.put(together, List.of(texts.get(left), texts.get(right)));
      }
    }

    private void mergeAll() {
      for (Merge merge = agenda.poll(); merge != null; merge = agenda.poll()) {
        String left = texts.get(merge.left);
        String right = texts.get(merge.right);
        if (left.isEmpty() || right.isEmpty() || left.length() + right.length() != merge.length) {
          continue;
        }
        texts.set(merge.left, left + right);
        texts.set(merge.right, "");
        after[merge.left] = after[merge.right];
        if (after[merge.right] >= 0) {
          before[after[merge.right]] = merge.left;
        }
        propose(before[merge.left], merge.left);
        propose(merge.left, after[merge.left]);
      }
    }

    /** A piece that is not to be used is what it was merged from. */
    private void addUsed(String text, List<String> out) {
      List<String> parts = mergedFrom.get(text);
      if (parts == null) {
        out.add(text);
      } else {
        parts.forEach(part -> addUsed(part, out));
      }
    }
  }

  @Override
  public List<String> cut(String text) {
    Symbols symbols = new Symbols(text);
    symbols.mergeAll();
    List<String> out = new ArrayList<>();
    for (int i = symbols.texts.isEmpty() ? -1 : 0; i >= 0; i = symbols.after[i]) {
      symbols.addUsed(symbols.texts.get(i), out);
    }
    return out;
  }
}
