// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.sentencepiece;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a tokenizer.model holds, for programs that are given its vocabulary.
 *
 * @param pieces by token
 * @param unigram whether the best segmentation is searched; else pairs are merged by score
 * @param byteFallback whether what is unknown becomes bytes
 * @param spaceBehind whether spaces belong to the word before them
 * @param addSpace whether a text gets a space in front (or behind)
 * @param removeExtraSpaces whether spaces at the ends and beside others are dropped
 * @param escapeSpaces whether pieces have U+2581 for spaces
 * @param begin name of the piece that begins texts
 * @param end name of the piece that ends texts
 */
public record SentencePieceVocabulary(
    List<Piece> pieces,
    boolean unigram,
    boolean byteFallback,
    boolean spaceBehind,
    boolean addSpace,
    boolean removeExtraSpaces,
    boolean escapeSpaces,
    String begin,
    String end) {
  private static final String NAME = SentencePieceTokenizer.NAME;

  public SentencePieceVocabulary {
    pieces = List.copyOf(pieces);
  }

  /** What a piece is. */
  public enum Type {
    NORMAL,
    UNKNOWN,
    CONTROL,
    USER_DEFINED,
    UNUSED,
    BYTE
  }

  /**
   * One piece.
   *
   * @param text with U+2581 for spaces
   * @param score its logarithmic probability, or minus its rank among merges
   */
  public record Piece(String text, float score, Type type) {}

  /** The file of a folder, where that is what its tokenizer is read from. */
  public static Optional<Path> file(Path folder) {
    Path file = folder.resolve(NAME);
    return file.toFile().isFile() ? Optional.of(file) : Optional.empty();
  }

  /** Reads and checks a file; AwpException where it is none, or asks for what awp does not do. */
  public static SentencePieceVocabulary read(Path file) {
    SentencePieceModel model = SentencePieceModel.read(file);
    List<Piece> pieces =
        model.pieces().all().stream()
            .map(piece -> new Piece(piece.text(), piece.score(), type(piece.type())))
            .toList();
    return new SentencePieceVocabulary(
        pieces,
        model.unigram(),
        model.byteFallback(),
        model.spaceBehind(),
        model.addSpace(),
        model.removeExtraSpaces(),
        model.escapeSpaces(),
        model.begin(),
        model.end());
  }

  private static Type type(Pieces.Type type) {
    return Type.valueOf(type.name());
  }
}
