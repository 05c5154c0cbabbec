// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tokenizer;

import dev.awp.AwpException;
import dev.awp.gguf.GgufValue;
import dev.awp.gguf.tokenizer.GgufTokens.Kind;
import dev.awp.tokenizer.added.AddedToken;
import dev.awp.tokenizer.added.AddedTokens;
import dev.awp.tokenizer.sentencepiece.SentencePieceVocabulary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A tokenizer.model as llama.cpp's metadata: BPE with byte fallback, its tokenizer "llama". */
final class GgufSentencePiece {
  private static final String PREFIX = GgufTokenizerSettings.PREFIX;

  private GgufSentencePiece() {}

  /**
   * Reads a file and those beside it.
   *
   * @param size rows of the embedding: so many tokens are written
   */
  static GgufTokenizer.Result of(Path file, int size) {
    SentencePieceVocabulary model = SentencePieceVocabulary.read(file);
    check(file, model, size);
    GgufTokens tokens = new GgufTokens(file, size);
    Map<String, Integer> own = new HashMap<>();
    for (int id = 0; id < model.pieces().size(); id++) {
      SentencePieceVocabulary.Piece piece = model.pieces().get(id);
      tokens.put(id, piece.text(), Kind.valueOf(piece.type().name()), piece.score());
      if (piece.type() == SentencePieceVocabulary.Type.UNKNOWN) {
        own.put("unk", id);
      }
    }
    List<String> warnings = new ArrayList<>();
    for (AddedToken token : AddedTokens.of(file.resolveSibling("."))) {
      add(token, tokens, model.pieces().size(), size, warnings);
    }
    AddedTokens.special(file.resolveSibling("."), tokens.ids(), tokens::text)
        .forEach(tokens::control);
    tokens.fillGaps().ifPresent(warnings::add);
    tokens.id(model.begin()).ifPresent(id -> own.put("bos", id));
    tokens.id(model.end()).ifPresent(id -> own.put("eos", id));
    GgufTokenizerSettings settings = GgufTokenizerSettings.of(file.resolveSibling("."), size);
    Map<String, GgufValue> keys = new LinkedHashMap<>();
    keys.put(PREFIX + "model", GgufValue.of("llama"));
    keys.put(PREFIX + "pre", GgufValue.of("default"));
    keys.putAll(tokens.keys(true));
    keys.putAll(settings.special(tokens, own, true, false));
    keys.put(PREFIX + "add_space_prefix", GgufValue.of(model.addSpace()));
    GgufChatTemplates.put(file.toAbsolutePath().getParent(), keys, warnings);
    if (model.removeExtraSpaces()) {
      warnings.add(file + ": llama.cpp keeps the spaces that this model removes from a text");
    }
    return new GgufTokenizer.Result(keys, warnings);
  }

  private static void add(
      AddedToken token, GgufTokens tokens, int pieces, int size, List<String> warnings) {
    boolean known = tokens.ids().getOrDefault(token.text(), -1) == token.id();
    if (known && token.special()) {
      tokens.control(token.id(), token.text());
    } else if (!known && (token.id() < pieces || tokens.ids().containsKey(token.text()))) {
      warnings.add(
          "%s: token '%s' of the id %s contradicts the tokenizer: it is left out"
              .formatted(token.from(), token.text(), token.id()));
    } else if (!known) {
      if (token.id() >= size) {
        throw new AwpException(
            "%s: token '%s' has the id %s, the embedding has %s rows"
                .formatted(token.from(), token.text(), token.id(), size));
      }
      tokens.put(token.id(), token.text(), token.special() ? Kind.CONTROL : Kind.USER_DEFINED, 0);
    }
  }

  private static void check(Path file, SentencePieceVocabulary model, int size) {
    String wrong =
        model.unigram()
            ? "it is a unigram model"
            : !model.byteFallback()
                ? "it has no byte fallback"
                : model.spaceBehind() || !model.escapeSpaces()
                    ? "it treats spaces in another way"
                    : "";
    if (!wrong.isEmpty()) {
      throw new AwpException(
          "%s: only BPE with byte fallback, as LLaMA has it, can be written to GGUF: %s"
              .formatted(file, wrong));
    }
    if (model.pieces().size() > size) {
      throw new AwpException(
          "%s: %s pieces, the embedding has %s rows".formatted(file, model.pieces().size(), size));
    }
  }
}
