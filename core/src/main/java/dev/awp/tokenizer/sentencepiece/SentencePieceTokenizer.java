// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.sentencepiece;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.awp.AwpException;
import dev.awp.json.JsonFile;
import dev.awp.tokenizer.TextSize;
import dev.awp.tokenizer.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * tokenizer.model, in Java: BPE and unigram models with the identity normalizer, as LLaMA, Mistral,
 * Phi-3 and Gemma have it. The token that begins a text is put in front unless
 * tokenizer_config.json says "add_bos_token": false, and one that ends it behind with
 * "add_eos_token": true. Names of control tokens in a text are read as text.
 */
public final class SentencePieceTokenizer implements Tokenizer {
  public static final String NAME = "tokenizer.model";

  /** A symbol with its string, and three merges that were proposed for it. */
  private static final long HEAP_BYTES_PER_CHARACTER = 320;

  private final SentencePieceModel model;
  private final Pieces pieces;
  private final SpaceNormalizer normalizer;
  private final Segmentation segmentation;
  private final OptionalInt begin;
  private final OptionalInt end;

  private SentencePieceTokenizer(SentencePieceModel model, OptionalInt begin, OptionalInt end) {
    this.model = model;
    this.pieces = model.pieces();
    PrefixTree userDefined = new PrefixTree();
    pieces.texts(Pieces.Type.USER_DEFINED).forEach(text -> userDefined.add(text, 0));
    this.normalizer = new SpaceNormalizer(model, userDefined);
    this.segmentation =
        model.unigram() ? new UnigramSegmentation(pieces) : new BytePairMerges(pieces, userDefined);
    this.begin = begin;
    this.end = end;
  }

  public static Tokenizer open(Path file) {
    SentencePieceModel model = SentencePieceModel.read(file);
    Path configFile = file.resolveSibling("tokenizer_config.json");
    JsonNode config = config(configFile);
    OptionalInt begin =
        config.path("add_bos_token").asBoolean(true)
            ? special(config, "bos_token", model.begin(), model, configFile)
            : OptionalInt.empty();
    OptionalInt end =
        config.path("add_eos_token").asBoolean(false)
            ? special(config, "eos_token", model.end(), model, configFile)
            : OptionalInt.empty();
    return new SentencePieceTokenizer(model, begin, end);
  }

  private static JsonNode config(Path file) {
    return Files.isRegularFile(file) ? JsonFile.read(file) : MissingNode.getInstance();
  }

  /** A name is a string, or an object with the string as its content. */
  private static OptionalInt special(
      JsonNode config, String key, String fallback, SentencePieceModel model, Path configFile) {
    JsonNode given = config.path(key);
    String name = given.path("content").asText(given.asText(fallback));
    OptionalInt token = model.pieces().named(name.isEmpty() ? fallback : name);
    if (token.isEmpty() && config.hasNonNull(key)) {
      throw new AwpException(
          "%s: %s '%s' is no piece of %s".formatted(configFile, key, name, NAME));
    }
    return token;
  }

  @Override
  public int[] encode(String text) {
    IntStream.Builder tokens = IntStream.builder();
    begin.ifPresent(tokens::add);
    for (int token : encodeInner(text)) {
      tokens.add(token);
    }
    end.ifPresent(tokens::add);
    return tokens.build().toArray();
  }

  @Override
  public int[] encodeInner(String text) {
    TextSize.check(text, HEAP_BYTES_PER_CHARACTER);
    IntStream.Builder tokens = IntStream.builder();
    boolean afterUnknown = false;
    for (String piece : segmentation.cut(normalizer.normalize(text))) {
      OptionalInt id = pieces.find(piece);
      boolean unknown = id.isEmpty();
      if (!unknown) {
        tokens.add(id.getAsInt());
      } else if (model.byteFallback()) {
        for (byte value : piece.getBytes(StandardCharsets.UTF_8)) {
          tokens.add(pieces.ofByte(value));
        }
      } else if (!afterUnknown) {
        // Neighbours that are unknown are one unknown token.
        tokens.add(pieces.unknown());
      }
      afterUnknown = unknown;
    }
    return tokens.build().toArray();
  }

  /** Bytes that are no whole character become U+FFFD; the space that encoding adds is dropped. */
  @Override
  public String decode(int[] tokens) {
    ByteArrayOutputStream utf8 = new ByteArrayOutputStream();
    for (int token : tokens) {
      Pieces.Piece piece = pieces.get(token);
      switch (piece.type()) {
        case CONTROL -> {}
        case BYTE -> utf8.write(Integer.parseInt(piece.text().substring(3, 5), 16));
        case NORMAL, USER_DEFINED, UNUSED, UNKNOWN -> {
          String text = normalizer.unescape(piece.text());
          utf8.writeBytes(text.getBytes(StandardCharsets.UTF_8));
        }
      }
    }
    return normalizer.withoutAdded(utf8.toString(StandardCharsets.UTF_8));
  }

  /** Nothing is held. */
  @Override
  public void close() {}
}
