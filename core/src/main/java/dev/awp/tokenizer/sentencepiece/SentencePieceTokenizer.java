// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.sentencepiece;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.awp.AwpException;
import dev.awp.json.JsonFile;
import dev.awp.tokenizer.CutRule;
import dev.awp.tokenizer.TextPieces;
import dev.awp.tokenizer.TextSize;
import dev.awp.tokenizer.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * tokenizer.model, in Java: BPE and unigram models with the identity normalizer, as LLaMA, Mistral,
 * Phi-3 and Gemma have it. The token that begins a text is put in front unless
 * tokenizer_config.json says "add_bos_token": false, and one that ends it behind with
 * "add_eos_token": true. Names of control tokens in a text are read as text, unless a file beside
 * it adds them as tokens; a text between added tokens is read as one of its own.
 */
public final class SentencePieceTokenizer implements Tokenizer {
  public static final String NAME = "tokenizer.model";

  /** Characters of a part of a long text. */
  private static final int PART = 1 << 16;

  /** Of a character: a symbol with its string, and three merges that were proposed for it. */
  private static final long HEAP_BYTES = 320;

  private final SentencePieceModel model;
  private final Pieces pieces;
  private final SpaceNormalizer normalizer;
  private final Segmentation segmentation;
  private final OptionalInt begin;
  private final OptionalInt end;

  private final SentencePieceAdded added;
  private final CutRule cuts;
  private final int part;

  private SentencePieceTokenizer(
      SentencePieceModel model,
      SentencePieceAdded added,
      OptionalInt begin,
      OptionalInt end,
      int part) {
    this.added = added;
    this.cuts = SentencePieceCuts.of(model, added.ids().keySet());
    this.part = part;
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
    return open(file, PART);
  }

  /** With parts of that many characters or more. */
  static Tokenizer open(Path file, int part) {
    SentencePieceModel model = SentencePieceModel.read(file);
    SentencePieceAdded added = SentencePieceAdded.of(model, file.resolveSibling("."));
    Path configFile = file.resolveSibling("tokenizer_config.json");
    JsonNode config = config(configFile);
    OptionalInt begin =
        config.path("add_bos_token").asBoolean(true)
            ? special(config, "bos_token", model.begin(), model, added, configFile)
            : OptionalInt.empty();
    OptionalInt end =
        config.path("add_eos_token").asBoolean(false)
            ? special(config, "eos_token", model.end(), model, added, configFile)
            : OptionalInt.empty();
    return new SentencePieceTokenizer(model, added, begin, end, part);
  }

  private static JsonNode config(Path file) {
    return Files.isRegularFile(file) ? JsonFile.read(file) : MissingNode.getInstance();
  }

  /** A name is a string, or an object with the string as its content. */
  private static OptionalInt special(
      JsonNode config,
      String key,
      String fallback,
      SentencePieceModel model,
      SentencePieceAdded added,
      Path configFile) {
    JsonNode given = config.path(key);
    String name = given.path("content").asText(given.asText(fallback));
    if (added.ids().containsKey(name)) {
      return OptionalInt.of(added.ids().get(name));
    }
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
    List<int[]> all = new ArrayList<>();
    TextPieces parts =
        new TextPieces(new StringReader(text), cuts, part, TextSize.longestInHeap(HEAP_BYTES));
    while (parts.hasNext()) {
      all.add(part(parts.next()));
    }
    return all.stream().flatMapToInt(Arrays::stream).toArray();
  }

  @Override
  public int[] begin() {
    return begin.stream().toArray();
  }

  /** Added tokens, and what is between them. */
  private int[] part(String text) {
    IntStream.Builder tokens = IntStream.builder();
    int from = 0;
    for (int at = 0; at < text.length() && !added.ids().isEmpty(); at++) {
      int end = added.texts().longest(text, at);
      if (end > at) {
        addPieces(text.substring(from, at), from == 0 || added.legacy(), tokens);
        tokens.add(added.ids().get(text.substring(at, end)));
        from = end;
        at = end - 1;
      }
    }
    addPieces(text.substring(from), from == 0 || added.legacy(), tokens);
    return tokens.build().toArray();
  }

  private void addPieces(String text, boolean addSpace, IntStream.Builder tokens) {
    boolean afterUnknown = false;
    for (String piece : segmentation.cut(normalizer.normalize(text, addSpace))) {
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
  }

  /** Bytes that are no whole character become U+FFFD; the space that encoding adds is dropped. */
  @Override
  public String decode(int[] tokens) {
    ByteArrayOutputStream utf8 = new ByteArrayOutputStream();
    for (int token : tokens) {
      if (added.shown().containsKey(token)) {
        utf8.writeBytes(added.shown().get(token).getBytes(StandardCharsets.UTF_8));
        continue;
      }
      if (token >= pieces.all().size()) {
        continue; // a row of the embedding without a token
      }
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

  @Override
  public List<String> warnings() {
    return added.warnings();
  }

  /** Nothing is held. */
  @Override
  public void close() {}
}
