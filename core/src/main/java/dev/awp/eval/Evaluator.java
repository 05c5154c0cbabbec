// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval;

import dev.awp.AwpException;
import dev.awp.Progress;
import dev.awp.compute.Compute;
import dev.awp.model.ModelLayout;
import dev.awp.model.WeightSource;
import dev.awp.model.forward.TransformerModel;
import dev.awp.report.Estimate;
import dev.awp.report.PerplexityReport;
import dev.awp.text.TokenStream;
import dev.awp.text.document.ReadFile;
import dev.awp.text.drawing.DrawnTexts;
import dev.awp.text.drawing.Texts;
import dev.awp.text.file.TextFiles;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Compressed models on texts, beside the original. */
public final class Evaluator {
  private final ModelLayout layout;
  private final int length;
  private final List<Text> texts;
  private final Compute compute;
  private final Progress progress;

  private record Text(String name, TokenStream tokens, List<ReadFile> files) {}

  private Evaluator(
      ModelLayout layout, int length, List<Text> texts, Compute compute, Progress progress) {
    this.layout = layout;
    this.length = length;
    this.texts = texts;
    this.compute = compute;
    this.progress = progress;
  }

  /**
   * An evaluator of texts, which are tokenized.
   *
   * @throws AwpException where a text has no window, or no token that counts
   * @param tokens makes tokens of some of the texts' files
   */
  public static Evaluator of(
      EvaluationOptions options,
      ModelLayout layout,
      int defaultLength,
      Function<List<Path>, Texts> tokens,
      Compute compute,
      Progress progress) {
    int length = checkWindow(options, layout, defaultLength);
    List<Text> texts = new ArrayList<>();
    for (Path file : options.files()) {
      DrawnTexts all = tokens.apply(List.of(file)).all();
      List<ReadFile> used =
          all.files().stream().map(read -> read.withUsed(read.documents())).toList();
      Text text = new Text(TextFiles.name(file, file), all.tokens(), used);
      var _ = WindowBatch.windows(text.name, text.tokens, length);
      texts.add(text);
    }
    return new Evaluator(layout, length, texts, compute, progress);
  }

  /** The tokens of a window; AwpException where the model cannot have such windows. */
  public static int checkWindow(EvaluationOptions options, ModelLayout layout, int defaultLength) {
    int length = options.sequenceLength().orElse(defaultLength);
    int context = layout.config().maxPositions();
    if (length > context) {
      throw new AwpException(
          "an evaluation window of %s tokens is more than the %s positions of the model"
              .formatted(length, context));
    }
    if (length < 2 && !options.files().isEmpty()) {
      throw new AwpException("an evaluation window of %s tokens predicts none".formatted(length));
    }
    return length;
  }

  /** The most off-heap memory that an evaluation takes, in bytes; 0 where there are no texts. */
  public long memoryBytes() {
    return texts.isEmpty()
        ? 0
        : Divergence.bytes(layout, layout, length, compute.workers().threads());
  }

  /** Tokens of all texts, and of a window. */
  public long tokens() {
    return texts.stream().mapToLong(text -> text.tokens.length()).sum();
  }

  public int length() {
    return length;
  }

  /** What the texts' files were read as. */
  public List<ReadFile> files() {
    return texts.stream().flatMap(text -> text.files().stream()).toList();
  }

  /** A model on every text, which is run anew for each comparison. */
  public References references(WeightSource source) {
    return references(layout, source);
  }

  /** The same of a model of other sizes, with the same tokens. */
  public References references(ModelLayout of, WeightSource source) {
    TransformerModel model = new TransformerModel(of, source, compute);
    return new References(texts.stream().map(_ -> Reference.of(model)).toList());
  }

  /**
   * The same, run once: its hidden states are kept.
   *
   * @param folder of scratch files, without names, until the references are closed
   */
  @SuppressWarnings("MustBeClosed") // by References, or below
  public References references(WeightSource source, Path folder) {
    List<Reference> kept = new ArrayList<>();
    try {
      for (Text text : texts) {
        int rows = Math.multiplyExact(text.tokens.windows(length).size(), length);
        kept.add(Reference.kept(model(source), rows, folder));
      }
      return new References(kept);
    } catch (RuntimeException | Error e) {
      kept.forEach(Reference::close);
      throw e;
    }
  }

  private TransformerModel model(WeightSource source) {
    return new TransformerModel(layout, source, compute);
  }

  /**
   * Sets the model that was written beside the original.
   *
   * @param written opens it; the arena owns what it opens
   */
  public List<PerplexityReport> compare(
      References original, Function<Arena, WeightSource> written) {
    List<PerplexityReport> reports = new ArrayList<>();
    try (Arena arena = Arena.ofShared()) {
      TransformerModel model = model(written.apply(arena));
      for (int i = 0; i < texts.size(); i++) {
        String name = texts.get(i).name;
        DivergenceResult result =
            Divergence.evaluate(
                original.get(i),
                model,
                name,
                texts.get(i).tokens,
                length,
                (done, total) ->
                    progress.step(
                        "before and after: %s, block %s of %s".formatted(name, done, total)));
        Estimate before = result.reference().perplexity();
        Estimate after = result.model().perplexity();
        reports.add(
            new PerplexityReport(
                name,
                length,
                result.model().windows(),
                before.value(),
                after.value(),
                before.standardError(),
                after.standardError(),
                result.divergence()));
      }
    }
    return reports;
  }
}
