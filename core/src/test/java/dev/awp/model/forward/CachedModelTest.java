// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.forward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.fixture.SyntheticWeights;
import dev.awp.model.ModelLayout;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Token by token, a model says what it says of the whole sequence. */
class CachedModelTest {
  private static final float TOLERANCE = 2e-4f;

  @TempDir private Path folder;

  /** All but those whose rotation depends on how long a sequence is to become. */
  static List<String> cases() throws IOException, URISyntaxException {
    return GoldenForwardTest.cases().stream()
        .filter(name -> !name.contains("longrope") && !name.contains("dynamic"))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void stepsGiveTheLogitsOfTheWholeForward(String name) throws IOException {
    JsonNode golden = golden(name);
    int[] tokens = IntStream.range(0, 24).map(i -> (i * 7 + 3) % 50).toArray();
    try (Checkpoint checkpoint = checkpoint(golden);
        Compute compute = Compute.create(2)) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      TransformerModel model = new TransformerModel(layout, checkpoint::tensor, compute);
      int[] counts = {5, 1, 1, 9, 1, 1, 1, 5};
      List<float[]> whole = new ArrayList<>();
      for (int i = 0, seen = 0; i < counts.length; i++) {
        seen += counts[i];
        whole.add(whole(model, Arrays.copyOf(tokens, seen)));
      }
      // Once with decoded weights kept, once with weights decoded anew at every step.
      for (long memory : new long[] {Long.MAX_VALUE, 0}) {
        try (CachedModel cached = new CachedModel(model, tokens.length, memory)) {
          int seen = 0;
          for (int step = 0; step < counts.length; step++) {
            int[] next = Arrays.copyOfRange(tokens, seen, seen + counts[step]);
            seen += counts[step];
            float[] logits = cached.step(next);
            for (int i = 0; i < logits.length; i++) {
              assertEquals(whole.get(step)[i], logits[i], TOLERANCE, seen + " tokens, logit " + i);
            }
          }
          assertThrows(IllegalArgumentException.class, () -> cached.step(new int[] {1}));
        }
      }
    }
  }

  /** Greedy text is that of the argmax of a full forward pass for every token. */
  @Test
  void greedyStepsAreTheArgmaxOfTheWholeForward() throws IOException {
    JsonNode golden = golden("mistral-window");
    try (Checkpoint checkpoint = checkpoint(golden);
        Compute compute = Compute.create(1)) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      TransformerModel model = new TransformerModel(layout, checkpoint::tensor, compute);
      int[] tokens = {3, 1, 4};
      try (CachedModel cached = new CachedModel(model, 20, Long.MAX_VALUE)) {
        int next = argmax(cached.step(tokens));
        for (int i = 0; i < 16; i++) {
          assertEquals(argmax(whole(model, tokens)), next, "token " + i);
          tokens = Arrays.copyOf(tokens, tokens.length + 1);
          tokens[tokens.length - 1] = next;
          next = argmax(cached.step(new int[] {next}));
        }
      }
    }
  }

  private static int argmax(float[] logits) {
    return IntStream.range(0, logits.length)
        .reduce((a, b) -> logits[b] > logits[a] ? b : a)
        .orElseThrow();
  }

  private static float[] whole(TransformerModel model, int[] tokens) {
    try (Arena arena = Arena.ofShared()) {
      Matrix x = Matrix.allocate(arena, tokens.length, model.layout().columns().width());
      model.embed(tokens, x);
      for (int block = 0; block < model.layout().config().layers(); block++) {
        model.block(block, arena).forward(x, tokens.length, LinearInputs.IGNORED);
      }
      return model.head().logits(x.rowRange(tokens.length - 1, tokens.length));
    }
  }

  private Checkpoint checkpoint(JsonNode golden) throws IOException {
    Path model = folder.resolve("model-" + System.nanoTime());
    SyntheticWeights.write(model, golden.path("config").toString(), DType.F32, Long.MAX_VALUE);
    return Checkpoints.open(model);
  }

  private static JsonNode golden(String name) throws IOException {
    String resource = "golden-" + name + ".json";
    try (InputStream content = GoldenForwardTest.class.getResourceAsStream(resource)) {
      return new ObjectMapper().readTree(content);
    }
  }
}
