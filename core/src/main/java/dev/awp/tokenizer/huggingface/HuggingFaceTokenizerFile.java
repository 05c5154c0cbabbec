// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.huggingface;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.tokenizer.CutRule;
import dev.awp.tokenizer.TextPieces;
import dev.awp.tokenizer.TextSize;
import dev.awp.tokenizer.Tokenizer;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * tokenizer.json, read by the Hugging Face library. Long texts reach it in pieces, and expressions
 * that it might die of in a process of its own (docs/decisions/0022-long-texts.md).
 */
public final class HuggingFaceTokenizerFile implements Tokenizer {
  public static final String NAME = "tokenizer.json";

  /** Characters of a piece: enough that its beginning costs nothing. */
  static final int PIECE = 1 << 16;

  /** A tenth of the retries that the library allows; some expressions take two a character. */
  private static final int LONG_RUN = 1 << 20;

  /** Measured: 90 on a run of spaces, 250 where all words are short. */
  private static final long NATIVE_BYTES_PER_CHARACTER = 320;

  private final TokenIds ids;
  private final TokenIds forLongRuns;
  private final Optional<Around> around;
  private final CutRule cuts;
  private final int piece;
  private final List<String> warnings;

  private HuggingFaceTokenizerFile(
      TokenIds ids, TokenIds forLongRuns, CutRule cuts, int piece, List<String> warnings) {
    this.warnings = List.copyOf(warnings);
    this.ids = ids;
    this.forLongRuns = forLongRuns;
    this.around = Around.of(ids);
    this.cuts = around.isPresent() ? cuts : CutRule.NOWHERE;
    this.piece = piece;
  }

  /** The special tokens that are put around a text. */
  private static final class Around {
    private final int[] first;
    private final int[] last;

    private Around(int[] first, int[] last) {
      this.first = first;
      this.last = last;
    }

    /** Empty where they cannot be told apart from a text's own. */
    static Optional<Around> of(TokenIds ids) {
      int[] text = ids.encode("a", false);
      int[] all = ids.encode("a", true);
      for (int begin = 0; text.length > 0 && begin + text.length <= all.length; begin++) {
        int end = begin + text.length;
        if (Arrays.equals(text, Arrays.copyOfRange(all, begin, end))) {
          int[] last = Arrays.copyOfRange(all, end, all.length);
          return Optional.of(new Around(Arrays.copyOf(all, begin), last));
        }
      }
      return Optional.empty();
    }
  }

  public static Tokenizer open(Path file) {
    return open(file, PIECE);
  }

  /** With pieces of that many characters or more. */
  static Tokenizer open(Path file, int piece) {
    ObjectNode root = TokenizerJsonCheck.read(file);
    return open(file, root, List.of(), piece);
  }

  /** vocab.json and merges.txt of a folder; empty where one is missing. */
  public static Optional<Tokenizer> openVocabulary(Path folder) {
    return VocabularyFiles.of(folder)
        .map(
            files ->
                open(folder.resolve(VocabularyFiles.NAME), files.root(), files.warnings(), PIECE));
  }

  private static Tokenizer open(Path file, ObjectNode root, List<String> assumed, int piece) {
    TokenizerJsonCheck.check(file, root);
    List<String> warnings = new ArrayList<>(assumed);
    warnings.addAll(TokensBeside.add(root, file.resolveSibling(".")));
    Expressions.Risk risk = Expressions.bound(root);
    byte[] json = root.toString().getBytes(StandardCharsets.UTF_8);
    List<TokenIds> opened = new ArrayList<>();
    try {
      if (risk != Expressions.Risk.ANY) {
        opened.add(NativeTokenIds.open(json));
      }
      if (risk != Expressions.Risk.NONE) {
        opened.add(new IsolatedTokenIds(file, json));
      }
      return new HuggingFaceTokenizerFile(
          opened.getFirst(), opened.getLast(), TokenizerCuts.of(root), piece, warnings);
    } catch (RuntimeException e) {
      opened.forEach(TokenIds::close);
      throw String.valueOf(e.getMessage()).startsWith(file.toString())
          ? e
          : new AwpException(file + ": not a readable tokenizer: " + e.getMessage(), e);
    }
  }

  @Override
  public int[] encode(String text) {
    return encode(text, true);
  }

  @Override
  public int[] encodeInner(String text) {
    return encode(text, false);
  }

  private int[] encode(String text, boolean special) {
    if (text.length() <= piece) {
      return ids.encode(TextPieces.wellFormed(text), special);
    }
    List<int[]> parts = new ArrayList<>();
    around.filter(_ -> special).ifPresent(tokens -> parts.add(tokens.first));
    int longest = TextSize.longest(NATIVE_BYTES_PER_CHARACTER);
    TextPieces pieces = new TextPieces(new StringReader(text), cuts, piece, longest);
    while (pieces.hasNext()) {
      String next = pieces.next();
      TokenIds by = next.length() > LONG_RUN ? forLongRuns : ids;
      parts.add(by.encode(next, special && around.isEmpty()));
    }
    around.filter(_ -> special).ifPresent(tokens -> parts.add(tokens.last));
    return parts.stream().flatMapToInt(Arrays::stream).toArray();
  }

  @Override
  public int[] begin() {
    return around.map(tokens -> tokens.first.clone()).orElseGet(() -> new int[0]);
  }

  @Override
  public String decode(int[] tokens) {
    return ids.decode(tokens);
  }

  @Override
  public List<String> warnings() {
    return warnings;
  }

  @Override
  public void close() {
    ids.close();
    forLongRuns.close();
  }
}
