// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.generation;

import dev.awp.AwpException;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.FolderContent;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.disk.FileStamps;
import dev.awp.format.registry.CheckpointWeights;
import dev.awp.model.ModelLayout;
import dev.awp.model.WeightSource;
import dev.awp.model.forward.CachedModel;
import dev.awp.model.forward.TransformerModel;
import dev.awp.text.Tokenizers;
import dev.awp.tokenizer.Detokenizer;
import dev.awp.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Text that a model goes on with, token by token. */
public final class TextGeneration {
  private TextGeneration() {}

  /**
   * What came of it.
   *
   * @param promptTokens special tokens included
   * @param tokens generated, the one that ended the text included
   * @param ended whether the model ended the text
   * @param promptSeconds from the first token of the prompt to the first new one
   * @param seconds for all other new ones
   */
  public record Result(
      int promptTokens, int tokens, boolean ended, double promptSeconds, double seconds) {}

  /**
   * Goes on with a text.
   *
   * @param folder of the checkpoint
   * @param tokens most tokens to add
   * @param weightBytes memory for decoded weights; where it is too small, they are decoded anew for
   *     every token
   * @param text receives the new text, piece by piece, as it is certain
   * @throws AwpException for a model that is not read, and for more tokens than it has positions
   */
  public static Result generate(
      Path folder,
      String prompt,
      int tokens,
      Sampler sampler,
      long weightBytes,
      Compute compute,
      Consumer<String> text) {
    if (tokens < 1) {
      throw new AwpException("--tokens " + tokens + ": at least one token is needed");
    }
    FileStamps stamps = FolderContent.stamps(folder, List.of());
    try (Checkpoint checkpoint = Checkpoints.open(folder);
        Tokenizer tokenizer = Tokenizers.open(checkpoint.companions())) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      WeightSource weights = CheckpointWeights.of(checkpoint, layout, compute.kernels());
      layout.check(weights);
      int[] given = tokenizer.encode(prompt);
      int positions = checkpoint.config().maxPositions();
      if (given.length == 0) {
        throw new AwpException("the prompt has no tokens, and the tokenizer begins with none");
      }
      if (given.length + (long) tokens > positions) {
        throw new AwpException(
            "%s: a prompt of %s tokens and %s more are above the %s positions of the model"
                .formatted(folder, given.length, tokens, positions));
      }
      TransformerModel model = new TransformerModel(layout, weights, compute);
      try (CachedModel cached = new CachedModel(model, given.length + tokens, weightBytes)) {
        Set<Integer> ends = EndTokens.of(checkpoint.companions());
        Detokenizer words = new Detokenizer(tokenizer, given);
        Result result = generate(cached, given, tokens, sampler, ends, words, text);
        stamps.only(checkpoint.files()).check();
        return result;
      }
    }
  }

  private static Result generate(
      CachedModel model,
      int[] prompt,
      int tokens,
      Sampler sampler,
      Set<Integer> ends,
      Detokenizer words,
      Consumer<String> text) {
    long start = System.nanoTime();
    int next = sampler.choose(model.step(prompt));
    long first = System.nanoTime();
    int count = 1;
    while (!ends.contains(next)) {
      text.accept(words.add(next));
      if (count == tokens) {
        break;
      }
      next = sampler.choose(model.step(new int[] {next}));
      count++;
    }
    text.accept(words.finish());
    long end = System.nanoTime();
    return new Result(
        prompt.length, count, ends.contains(next), (first - start) / 1e9, (end - first) / 1e9);
  }
}
