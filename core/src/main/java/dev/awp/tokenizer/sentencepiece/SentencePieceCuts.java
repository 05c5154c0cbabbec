// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.sentencepiece;

import dev.awp.tokenizer.CutRule;
import java.util.HashSet;
import java.util.Set;

/**
 * Where a BPE model allows texts to be cut: in front of a space behind a known character with which
 * no piece joins it. Scores of a unigram model are summed over the whole text, so that its sums are
 * rounded otherwise in parts: such a text is not cut.
 */
final class SentencePieceCuts implements CutRule {
  private static final char SPACE = ' ';

  private final Set<Character> joined = new HashSet<>();
  private final Set<Character> addedBegins = new HashSet<>();
  private final Set<Character> addedEnds = new HashSet<>();
  private final Set<Character> known = new HashSet<>();
  private final Cut cut;

  private SentencePieceCuts(SentencePieceModel model, Set<String> added) {
    this.cut = model.addSpace() ? Cut.INSTEAD : Cut.BEFORE;
    added.forEach(this::join);
    added.forEach(text -> addedBegins.add(text.charAt(0)));
    added.forEach(text -> addedEnds.add(text.charAt(text.length() - 1)));
    for (Pieces.Piece piece : model.pieces().all()) {
      String text = piece.text().replace((char) 0x2581, SPACE);
      join(text);
      if (text.length() == 1 && piece.type() == Pieces.Type.NORMAL) {
        known.add(text.charAt(0));
      }
    }
  }

  static CutRule of(SentencePieceModel model, Set<String> added) {
    boolean keepsSpaces = model.addSpace() || !model.removeExtraSpaces();
    if (model.unigram() || model.spaceBehind() || !keepsSpaces) {
      return CutRule.NOWHERE;
    }
    SentencePieceCuts cuts = new SentencePieceCuts(model, added);
    return cuts.known.contains(SPACE) ? cuts : CutRule.NOWHERE;
  }

  private void join(String text) {
    for (int i = text.indexOf(SPACE, 1); i > 0; i = text.indexOf(SPACE, i + 1)) {
      joined.add(text.charAt(i - 1));
    }
  }

  @Override
  public Cut between(char before, char after, char next) {
    boolean between = after == SPACE && known.contains(before) && !joined.contains(before);
    // Beside an added token the space may be all of a text of its own.
    boolean free = !addedEnds.contains(before) && !addedBegins.contains(next);
    return between && free && before != SPACE ? cut : Cut.NONE;
  }
}
