// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.drawing;

import dev.awp.Progress;
import dev.awp.text.TextOptions;
import dev.awp.text.Windows;
import dev.awp.text.document.Document;
import dev.awp.text.document.ReadFile;
import dev.awp.text.reader.Documents;
import dev.awp.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Texts that become tokens. Files are read twice, in streams: first every document is counted, then
 * those that are wanted are tokenized. What is held in memory is their tokens.
 *
 * @param files or folders of files
 * @param options which field of rows holds the text, and what windows begin with
 */
public record Texts(
    List<Path> files,
    TextOptions options,
    Conversations conversations,
    Tokenizer tokenizer,
    Progress progress) {
  private static final Logger LOG = LoggerFactory.getLogger(Texts.class);

  /** Texts of no more characters are tokenized whole, whatever is wanted of them. */
  static final long WHOLE = 4L << 20;

  private static final Stretches WHOLE_DOCUMENTS = new Stretches(Integer.MAX_VALUE);

  /** Files that are told of one by one. */
  private static final int TOLD = 10;

  /** Characters that are taken first for each token that is wanted; more where they do not do. */
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
      List<Path> files, TextOptions options, Path model, Tokenizer tokenizer, Progress progress) {
    return new Texts(files, options, Conversations.of(model), tokenizer, progress);
  }

  /** The tokens of all documents. */
  public DrawnTexts all() {
    var _ = index(WHOLE_DOCUMENTS);
    return allTokens();
  }

  /**
   * The tokens of all documents where the texts have at most {@value #WHOLE} characters. Of longer
   * texts the tokens of documents that the seed draws one after the other, in that order, until
   * there are enough; documents that are longer than a window are drawn in stretches of about one.
   * The first tokens are the same however many windows are wanted.
   *
   * @param windows number of windows
   * @param length tokens of a window
   */
  public DrawnTexts draw(int windows, int length, long seed) {
    Stretches stretches =
        new Stretches(Math.clamp((long) length * CHARACTERS_PER_TOKEN, 1, Integer.MAX_VALUE));
    TextIndex index = index(stretches);
    if (index.characters() <= WHOLE) {
      return allTokens();
    }
    long wanted = (long) windows * length;
    Drawing drawing = new Drawing(index, seed);
    drawing.drawTo(wanted * CHARACTERS_PER_TOKEN);
    while (true) {
      DrawnTexts drawn = drawnTokens(stretches, drawing);
      int tokens = drawn.tokens().length();
      if (tokens >= wanted || drawing.hasAll()) {
        return drawn;
      }
      // A little more than by the rate of those that were drawn, so that one more time does.
      double rate = 1.1 * drawing.characters() / Math.max(1, tokens);
      drawing.drawTo(drawing.characters() + (long) Math.ceil(rate * (wanted - tokens)));
    }
  }

  private DrawnTexts drawnTokens(Stretches stretches, Drawing drawing) {
    TokenCollector collector = new TokenCollector(tokenizer, conversations, begin());
    Steps steps = new Steps(progress, "tokenizing");
    Consumer<Document> taker =
        new Consumer<>() {
          private int document = -1;
          private int stretch;

          @Override
          public void accept(Document part) {
            document += part.isFirst() ? 1 : 0;
            for (int i = 0; i < stretches.count(part); i++, stretch++) {
              if (drawing.contains(stretch)) {
                Document taken = stretches.get(part, i);
                collector.add(taken, document, false);
                steps.add(taken.length());
              }
            }
          }
        };
    List<ReadFile> read = read(taker);
    collector.reorder(drawing.places());
    return collector.finish(read, false);
  }

  private DrawnTexts allTokens() {
    TokenCollector collector = new TokenCollector(tokenizer, conversations, begin());
    Steps steps = new Steps(progress, "tokenizing");
    Consumer<Document> taker =
        new Consumer<>() {
          private int document = -1;

          @Override
          public void accept(Document part) {
            document += part.isFirst() ? 1 : 0;
            collector.add(part, document, true);
            steps.add(part.length());
          }
        };
    return collector.finish(read(taker), true);
  }

  /** What every window begins with. */
  private int[] begin() {
    return options.windows() == Windows.MODEL ? tokenizer.begin() : new int[0];
  }

  private TextIndex index(Stretches stretches) {
    TextIndex index = new TextIndex(stretches);
    Steps steps = new Steps(progress, "reading");
    List<ReadFile> read =
        read(
            document -> {
              index.add(document);
              steps.add(document.length());
            });
    read.stream().flatMap(file -> file.warning().stream()).forEach(LOG::warn);
    read.stream()
        .limit(TOLD)
        .filter(file -> file.warning().isEmpty())
        .forEach(file -> progress.step("%s: %s".formatted(file.name(), file.describe())));
    if (read.size() > TOLD) {
      progress.step("and %s more files".formatted(read.size() - TOLD));
    }
    return index;
  }

  private List<ReadFile> read(Consumer<Document> documents) {
    List<ReadFile> read = new ArrayList<>();
    files.forEach(file -> read.addAll(Documents.read(file, options.field(), documents)));
    return read;
  }
}
