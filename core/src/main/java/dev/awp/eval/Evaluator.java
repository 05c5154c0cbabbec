// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval;

import dev.awp.AwpException;
import dev.awp.Progress;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.FolderContent;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.disk.FileStamps;
import dev.awp.format.registry.CheckpointWeights;
import dev.awp.model.ModelLayout;
import dev.awp.model.WeightSource;
import dev.awp.model.forward.TransformerModel;
import dev.awp.report.PerplexityReport;
import dev.awp.text.TextOptions;
import dev.awp.text.TokenStream;
import dev.awp.text.Tokenizers;
import dev.awp.text.document.ReadFile;
import dev.awp.text.drawing.DrawnTexts;
import dev.awp.text.drawing.Texts;
import dev.awp.text.file.PipedTexts;
import dev.awp.text.file.TextFiles;
import dev.awp.tokenizer.Tokenizer;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;

/** Perplexity of a checkpoint on texts, before and after. */
public final class Evaluator {
  private static final int DEFAULT_LENGTH = 2048;

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
      texts.add(new Text(TextFiles.name(file, file), all.tokens(), used));
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

  /**
   * Perplexity of a checkpoint folder on one text.
   *
   * @param asked how the text becomes windows
   */
  public static PerplexityResult evaluate(
      Path folder,
      Path text,
      TextOptions asked,
      OptionalInt length,
      Compute compute,
      Progress progress) {
    try (PipedTexts pipes = new PipedTexts(progress)) {
      Path kept = pipes.keep(List.of(text)).getFirst();
      return evaluateFile(folder, kept, asked, length, compute, progress);
    }
  }

  private static PerplexityResult evaluateFile(
      Path folder,
      Path text,
      TextOptions asked,
      OptionalInt length,
      Compute compute,
      Progress progress) {
    List<Path> files = TextFiles.of(text);
    FileStamps stamps = FolderContent.stamps(folder, files);
    try (Checkpoint checkpoint = Checkpoints.open(folder);
        Tokenizer tokenizer = Tokenizers.open(checkpoint.companions())) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      WeightSource weights = CheckpointWeights.of(checkpoint, layout, compute.kernels());
      layout.check(weights);
      int window = Math.min(checkpoint.config().maxPositions(), DEFAULT_LENGTH);
      EvaluationOptions options = new EvaluationOptions(List.of(text), length);
      Evaluator evaluator =
          of(
              options,
              layout,
              window,
              paths -> Texts.of(paths, asked, checkpoint.companions(), tokenizer, progress),
              compute,
              progress);
      PerplexityResult result =
          evaluator.evaluate(weights, evaluator.texts.getFirst(), "evaluating");
      Set<Path> read = checkpoint.files();
      read.addAll(files);
      stamps.only(read).check();
      return result;
    }
  }

  /** The most off-heap memory that an evaluation takes, in bytes; 0 where there are no texts. */
  public long memoryBytes() {
    return texts.isEmpty() ? 0 : Perplexity.bytes(layout, length, compute.workers().threads());
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

  public List<Double> evaluate(WeightSource source, String when) {
    return texts.stream()
        .map(text -> evaluate(source, text, "perplexity " + when).perplexity())
        .toList();
  }

  private PerplexityResult evaluate(WeightSource source, Text text, String what) {
    TransformerModel model = new TransformerModel(layout, source, compute);
    return Perplexity.evaluate(
        model,
        text.name,
        text.tokens,
        length,
        (done, total) ->
            progress.step("%s: %s, block %s of %s".formatted(what, text.name, done, total)));
  }

  /**
   * Evaluates the model that was written and sets it beside the values from before.
   *
   * @param written opens it; the arena owns what it opens
   */
  public List<PerplexityReport> compare(
      List<Double> before, Function<Arena, WeightSource> written) {
    List<PerplexityReport> reports = new ArrayList<>();
    try (Arena arena = Arena.ofShared()) {
      WeightSource source = written.apply(arena);
      for (int i = 0; i < texts.size(); i++) {
        PerplexityResult after = evaluate(source, texts.get(i), "perplexity after");
        reports.add(
            new PerplexityReport(
                texts.get(i).name, length, after.windows(), before.get(i), after.perplexity()));
      }
    }
    return reports;
  }
}
