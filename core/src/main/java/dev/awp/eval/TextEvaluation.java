// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval;

import dev.awp.AwpException;
import dev.awp.Progress;
import dev.awp.compute.Compute;
import dev.awp.text.TextOptions;
import dev.awp.text.TokenStream;
import dev.awp.text.file.PipedTexts;
import dev.awp.text.file.TextFiles;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * What a text says of models of folders or files: {@code awp eval}.
 *
 * @param asked how the text becomes windows
 * @param length tokens of a window; by default the context of all models, at most 2048
 */
public record TextEvaluation(
    TextOptions asked, OptionalInt length, Compute compute, Progress progress) {
  private static final int DEFAULT_LENGTH = 2048;

  /** Perplexity of a model. */
  public PerplexityResult evaluate(Path model, Path text) {
    try (PipedTexts pipes = new PipedTexts(progress)) {
      Path kept = pipes.keep(List.of(text)).getFirst();
      try (EvaluatedModel opened = EvaluatedModel.open(model, TextFiles.of(kept), compute)) {
        int window = window(opened.positions(), kept, opened);
        TokenStream tokens = opened.tokens(kept, asked, progress);
        String name = TextFiles.name(kept, kept);
        PerplexityResult result =
            Perplexity.evaluate(opened.model(), name, tokens, window, listener(name));
        opened.check();
        return result;
      }
    }
  }

  /**
   * A model beside a reference.
   *
   * @throws AwpException where they have other vocabularies, or make other tokens of the text
   */
  public DivergenceResult compare(Path model, Path reference, Path text) {
    try (PipedTexts pipes = new PipedTexts(progress)) {
      Path kept = pipes.keep(List.of(text)).getFirst();
      List<Path> files = TextFiles.of(kept);
      try (EvaluatedModel p = EvaluatedModel.open(reference, files, compute);
          EvaluatedModel q = EvaluatedModel.open(model, files, compute)) {
        checkVocabularies(q, p);
        int window = window(Math.min(p.positions(), q.positions()), kept, p, q);
        String name = TextFiles.name(kept, kept);
        TokenStream tokens = q.tokens(kept, asked, progress);
        checkTokens(name, tokens, q, p.tokens(kept, asked, Progress.NONE), p);
        DivergenceResult result =
            Divergence.evaluate(
                Reference.of(p.model()), q.model(), name, tokens, window, listener(name));
        p.check();
        q.check();
        return result;
      }
    }
  }

  private int window(int most, Path text, EvaluatedModel... models) {
    EvaluationOptions options = new EvaluationOptions(List.of(text), length);
    int window = Math.min(most, DEFAULT_LENGTH);
    for (EvaluatedModel model : models) {
      window = Evaluator.checkWindow(options, model.model().layout(), window);
    }
    return window;
  }

  private Perplexity.Listener listener(String name) {
    return (done, total) ->
        progress.step("evaluating: %s, block %s of %s".formatted(name, done, total));
  }

  private static void checkVocabularies(EvaluatedModel model, EvaluatedModel reference) {
    int own = model.model().layout().config().vocabularySize();
    int others = reference.model().layout().config().vocabularySize();
    if (own != others) {
      throw new AwpException(
          "%s: the vocabulary has %s tokens, that of the reference %s has %s: predictions over other vocabularies cannot be compared"
              .formatted(model.path(), own, reference.path(), others));
    }
  }

  private static void checkTokens(
      String text,
      TokenStream own,
      EvaluatedModel model,
      TokenStream others,
      EvaluatedModel reference) {
    int at = Arrays.mismatch(own.tokens(), others.tokens());
    if (at >= 0) {
      throw new AwpException(
          "%s: makes %s tokens of %s, the reference %s makes %s, and the first that differs is token %s: predictions of other tokens cannot be compared"
              .formatted(
                  model.path(), own.length(), text, reference.path(), others.length(), at + 1));
    }
    if (!own.beginsAs(others)) {
      throw new AwpException(
          "%s: its tokenizer puts other tokens before a text than that of the reference %s; --windows papers leaves them out"
              .formatted(model.path(), reference.path()));
    }
  }
}
