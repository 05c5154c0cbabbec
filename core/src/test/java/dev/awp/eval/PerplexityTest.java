// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.model.ModelLayout;
import dev.awp.model.forward.TransformerModel;
import dev.awp.tensor.DType;
import dev.awp.text.TokenStream;
import dev.awp.text.TokenWeights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Perplexity of streams whose tokens do not all count. */
class PerplexityTest {
  private static final int LENGTH = 16;
  private static final int[] STARTS = {0};

  @TempDir private Path folder;

  private void withModel(Consumer<TransformerModel> test) throws IOException {
    new GeneratedCheckpoint(1, 16, 24, 2, 1, DType.F32).write(folder.resolve("model"));
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("model"));
        Compute compute = Compute.create(1)) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      test.accept(new TransformerModel(layout, checkpoint::tensor, compute));
    }
  }

  private static int[] tokens(int count) {
    int[] tokens = new int[count];
    for (int i = 0; i < count; i++) {
      tokens[i] = (i * i * 7 + i) % 200;
    }
    return tokens;
  }

  private static PerplexityResult evaluate(
      TransformerModel model, int[] tokens, TokenWeights weights) {
    return Perplexity.evaluate(
        model, "text", new TokenStream(tokens, STARTS, weights), LENGTH, (done, total) -> {});
  }

  @Test
  void windowsOfWeightZeroDoNotCount() throws IOException {
    withModel(
        model -> {
          int[] tokens = tokens(3 * LENGTH + 5);
          float[] weights = new float[tokens.length];
          Arrays.fill(weights, 0, 2 * LENGTH, 1);
          PerplexityResult masked = evaluate(model, tokens, TokenWeights.of(weights));
          int[] two = Arrays.copyOf(tokens, 2 * LENGTH);
          PerplexityResult expected = evaluate(model, two, TokenWeights.ones(two.length));
          // Products of three windows and of two round differently.
          assertEquals(expected.loss().value(), masked.loss().value(), 1e-6);
          assertEquals(3, masked.windows());
        });
  }

  /** A loss belongs to the token that is predicted, and not to the one that predicts it. */
  @Test
  void theWeightIsThatOfThePredictedToken() throws IOException {
    withModel(
        model -> {
          int[] tokens = tokens(LENGTH);
          double sum = 0;
          for (int place = 1; place < LENGTH; place++) {
            float[] only = new float[LENGTH];
            only[place] = 0.5f;
            only[0] = 3; // nothing predicts the first token
            sum += evaluate(model, tokens, TokenWeights.of(only)).loss().value();
          }
          double all = evaluate(model, tokens, TokenWeights.ones(LENGTH)).loss().value();
          assertEquals(all, sum / (LENGTH - 1), 1e-9);
          int[] changed = tokens.clone();
          changed[LENGTH - 1]++;
          float[] before = new float[LENGTH];
          Arrays.fill(before, 0, LENGTH - 1, 1);
          TokenWeights weights = TokenWeights.of(before);
          assertEquals(
              evaluate(model, tokens, weights).loss().value(),
              evaluate(model, changed, weights).loss().value());
        });
  }

  @Test
  void aTextOfWhichNothingCountsIsRefused() throws IOException {
    withModel(
        model -> {
          AwpException refusal =
              assertThrows(
                  AwpException.class,
                  () -> evaluate(model, tokens(LENGTH), TokenWeights.of(new float[LENGTH])));
          assertTrue(refusal.getMessage().contains("all weights are 0"), refusal.getMessage());
        });
  }
}
