// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.drawing;

import dev.awp.Progress;
import dev.awp.text.document.Document;
import dev.awp.text.document.ReadFile;
import dev.awp.text.reader.Documents;
import dev.awp.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Texts that become tokens. Files are read twice, in streams: first every document is counted, then
 * those that are wanted are tokenized. What is held in memory is their tokens.
 *
 * @param files or folders of files
 * @param field that holds the text in rows, where one is named
 */
public record Texts(
    List<Path> files,
    Optional<String> field,
    Conversations conversations,
    Tokenizer tokenizer,
    Progress progress) {
  /** Texts of no more characters are tokenized whole, whatever is wanted of them. */
  static final long WHOLE = 4L << 20;

  /** Files that are told of one by one. */
  private static final int TOLD = 10;

  /** Characters that are drawn first for each token that is wanted; more where they do not do. */
  private static final int CHARACTERS_PER_TOKEN = 5;

  public Texts {
    files = List.copyOf(files);
  }

  /**
   * Texts for a model.
   *
   * @param model folder, whose chat template makes texts of conversations
   */
  public static Texts of(
      List<Path> files,
      Optional<String> field,
      Path model,
      Tokenizer tokenizer,
      Progress progress) {
    return new Texts(files, field, Conversations.of(model), tokenizer, progress);
  }

  /** The tokens of all documents. */
  public DrawnTexts all() {
    return all(index());
  }

  /**
   * The tokens of all documents where the texts have at most {@value #WHOLE} characters. Of longer
   * texts the tokens of documents that the seed draws one after the other, in that order, until
   * there are enough; a long document is drawn in parts. The first tokens are the same however many
   * are wanted.
   *
   * @param wanted number of tokens
   */
  public DrawnTexts draw(long wanted, long seed) {
    TextIndex index = index();
    if (index.characters() <= WHOLE) {
      return all(index);
    }
    Drawing drawing = new Drawing(index, seed);
    drawing.drawTo(Math.multiplyExact(wanted, CHARACTERS_PER_TOKEN));
    while (true) {
      TokenCollector collector = new TokenCollector(tokenizer, conversations);
      Steps steps = new Steps(progress, "tokenizing");
      int[] part = {0};
      int[] number = {-1};
      List<ReadFile> read =
          read(
              document -> {
                number[0] += document.isFirst() ? 1 : 0;
                if (drawing.contains(part[0]++)) {
                  collector.add(document, number[0], false);
                  steps.add(document.length());
                }
              });
      collector.reorder(drawing.places());
      DrawnTexts drawn = collector.finish(read, false);
      int tokens = drawn.tokens().length();
      if (tokens >= wanted || drawing.hasAll()) {
        return drawn;
      }
      // A little more than by the rate of those that were drawn, so that one more time does.
      double rate = 1.1 * drawing.characters() / Math.max(1, tokens);
      drawing.drawTo(drawing.characters() + (long) Math.ceil(rate * (wanted - tokens)));
    }
  }

  private DrawnTexts all(TextIndex index) {
    TokenCollector collector = new TokenCollector(tokenizer, conversations);
    Steps steps = new Steps(progress, "tokenizing");
    int[] number = {-1};
    List<ReadFile> read =
        read(
            document -> {
              number[0] += document.isFirst() ? 1 : 0;
              collector.add(document, number[0], true);
              steps.add(document.length());
            });
    return collector.finish(read, true);
  }

  private TextIndex index() {
    TextIndex index = new TextIndex();
    Steps steps = new Steps(progress, "reading");
    List<ReadFile> read =
        read(
            document -> {
              index.add(document);
              steps.add(document.length());
            });
    read.stream()
        .limit(TOLD)
        .forEach(file -> progress.step("%s: %s".formatted(file.name(), file.describe())));
    if (read.size() > TOLD) {
      progress.step("and %d more files".formatted(read.size() - TOLD));
    }
    return index;
  }

  private List<ReadFile> read(Consumer<Document> documents) {
    List<ReadFile> read = new ArrayList<>();
    files.forEach(file -> read.addAll(Documents.read(file, field, documents)));
    return read;
  }
}
