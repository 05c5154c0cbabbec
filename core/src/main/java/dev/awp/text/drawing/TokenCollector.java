// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.drawing;

import dev.awp.AwpException;
import dev.awp.text.TokenStream;
import dev.awp.text.TokenWeights;
import dev.awp.text.document.Document;
import dev.awp.text.document.ReadFile;
import dev.awp.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Tokenizes documents and parts that come one after the other. Parts of one document that follow
 * each other are tokenized as one text, up to {@value #LONGEST} characters.
 */
final class TokenCollector {
  /** What is tokenized at a time: it takes some hundred bytes of heap a character. */
  private static final int LONGEST = 1 << 21;

  private final Tokenizer tokenizer;
  private final Conversations conversations;
  private final int[] start;
  private final List<Piece> pieces = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();
  private boolean begins;
  private boolean continues;
  private int owner;
  private long total;

  /** What was tokenized at a time; may have no tokens. */
  private static final class Piece {
    private final int[] tokens;
    private final int document;

    /** Whether it goes on where the piece before it ends. */
    private final boolean joined;

    private Piece(int[] tokens, int document, boolean joined) {
      this.tokens = tokens;
      this.document = document;
      this.joined = joined;
    }
  }

  /**
   * Collects.
   *
   * @param start what every window of the tokens is to begin with
   */
  TokenCollector(Tokenizer tokenizer, Conversations conversations, int... start) {
    this.tokenizer = tokenizer;
    this.conversations = conversations;
    this.start = start;
  }

  /**
   * Takes a document or a part of one.
   *
   * @param number of its document, over all files
   * @param follows whether the part before it was taken too
   */
  void add(Document document, int number, boolean follows) {
    switch (document) {
      case Document.Text part -> {
        if (part.begins() || !follows) {
          flush();
          begins = part.begins();
          continues = false;
          owner = number;
        } else if (text.length() + part.length() > LONGEST) {
          flush();
          begins = false;
          continues = true;
        }
        text.append(part.text());
      }
      case Document.Conversation conversation -> {
        flush();
        owner = number;
        add(tokenizer.encodeInner(conversations.render(conversation)), false);
      }
    }
  }

  private void flush() {
    if (!text.isEmpty()) {
      String whole = text.toString();
      text.setLength(0);
      add(begins ? tokenizer.encode(whole) : tokenizer.encodeInner(whole), continues);
    }
  }

  private void add(int[] tokens, boolean joined) {
    total += tokens.length;
    if (total > Integer.MAX_VALUE - 8) {
      throw new AwpException("the texts have more than 2^31 tokens: take fewer of them");
    }
    pieces.add(new Piece(tokens, owner, joined));
  }

  /** Puts the pieces into another order, that of their old places. */
  void reorder(int[] places) {
    flush();
    List<Piece> ordered = Arrays.stream(places).mapToObj(pieces::get).toList();
    pieces.clear();
    pieces.addAll(ordered);
  }

  /**
   * All tokens; a start is where a document begins, or a part of which the one before is missing.
   *
   * @param files what was read
   * @param whole whether the tokens are those of all documents
   */
  DrawnTexts finish(List<ReadFile> files, boolean whole) {
    flush();
    int[] all = new int[(int) total];
    IntStream.Builder starts = IntStream.builder();
    IntStream.Builder documents = IntStream.builder();
    int at = 0;
    for (Piece piece : pieces) {
      int length = piece.tokens.length;
      if (!piece.joined && length > 0) {
        starts.add(at);
        documents.add(piece.document);
      }
      System.arraycopy(piece.tokens, 0, all, at, length);
      at += length;
    }
    TokenStream stream =
        new TokenStream(all, starts.build().toArray(), TokenWeights.ones(all.length), start);
    return new DrawnTexts(stream, documents.build().toArray(), files, whole);
  }
}
