// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.forward;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.fixture.ByteTokenizerJson;
import dev.awp.fixture.GgufModels;
import dev.awp.fixture.LlamaCppArchitectures;
import dev.awp.format.registry.CheckpointWeights;
import dev.awp.gguf.GgufValue;
import dev.awp.gguf.file.GgufFile;
import dev.awp.model.ModelLayout;
import dev.awp.model.WeightSource;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A GGUF file computes what the folder does that it was made of, and so does a folder made of it.
 */
class GgufLogitsTest {
  private static final int TOKENS = 9;

  private final Compute compute = Compute.create(1);

  @TempDir private Path folder;

  @AfterEach
  void close() {
    compute.close();
  }

  private float[] lastLogits(Path path) {
    try (Checkpoint checkpoint = Checkpoints.open(path);
        Arena arena = Arena.ofShared()) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      WeightSource weights = CheckpointWeights.of(checkpoint, layout, compute.kernels());
      layout.check(weights);
      TransformerModel model = new TransformerModel(layout, weights, compute);
      Matrix x = Matrix.allocate(arena, TOKENS, layout.columns().width());
      int[] tokens = new int[TOKENS];
      for (int i = 0; i < TOKENS; i++) {
        tokens[i] = (i * i * 7 + 1) % ByteTokenizerJson.VOCABULARY;
      }
      model.embed(tokens, x);
      for (int block = 0; block < checkpoint.config().layers(); block++) {
        model.block(block, arena).forward(x, TOKENS, LinearInputs.IGNORED);
      }
      return model.head().logits(layout.columns().hidden(x).rowRange(TOKENS - 1, TOKENS));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "granite-hybrid",
        "granite-hybrid-dense",
        "falcon-h1",
        "falcon-h1-gated-first",
        "qwen3-next",
        "qwen3.5",
        "qwen3.5-interval",
        "qwen3.5-moe",
        "qwen3.5-moe-listed",
        "nemotron-h",
        "nemotron-h-experts",
        "gemma4",
        "gemma4-pattern",
        "gemma4-moe",
        "gemma4-per-layer",
        "gemma4-shared",
        "qwen2-moe"
      })
  void logitsAreTheFolders(String goldenCase) throws IOException {
    Path original = folder.resolve("model");
    GgufModels.writeFolder(original, goldenCase, DType.F32);
    assertSameLogits(original);
  }

  @Test
  void aGraniteFourOfAttentionAloneIsAPlainGranite() throws IOException {
    Path original = folder.resolve("model");
    ObjectNode config = LlamaCppArchitectures.config("granite-hybrid-dense");
    config.putArray("layer_types").add("attention").add("attention").add("attention");
    GgufModels.writeFolder(original, config);
    Path file = assertSameLogits(original);
    assertEquals(
        GgufValue.of("granite"), GgufFile.read(file).metadata().get("general.architecture"));
  }

  @Test
  void aNemotronWithBiasesHasThemInTheFile() throws IOException {
    Path original = folder.resolve("model");
    ObjectNode config = LlamaCppArchitectures.config("nemotron-h");
    config.put("mlp_bias", true).put("tie_word_embeddings", true);
    GgufModels.writeFolder(original, config);
    GgufFile file = GgufFile.read(assertSameLogits(original));
    assertEquals(GgufValue.of("nemotron_h"), file.metadata().get("general.architecture"));
    assertTrue(file.tensor("blk.2.ffn_up.bias").isPresent());
    assertTrue(file.tensor("output.weight").isEmpty());
  }

  private Path assertSameLogits(Path original) {
    Path file = GgufModels.convert(original, folder.resolve("gguf"), compute);
    float[] expected = lastLogits(original);
    float[] actual = lastLogits(file);
    assertArrayEquals(expected, actual, 2e-5f);
    Path back = folder.resolve("back");
    GgufModels.convert(file, back, "dense", Optional.empty(), OptionalLong.empty(), compute);
    assertArrayEquals(actual, lastLogits(back));
    return file;
  }
}
