// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.forward;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.compute.Compute;
import dev.awp.config.Architecture;
import dev.awp.config.AttentionConfig;
import dev.awp.config.BlockConfig;
import dev.awp.config.BlockNorms;
import dev.awp.config.ModelConfig;
import dev.awp.config.NormKind;
import dev.awp.config.StepNorms;
import dev.awp.config.json.ModelConfigReader;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.model.InputSite;
import dev.awp.model.ModelLayout;
import dev.awp.model.Step;
import dev.awp.model.WeightSource;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.stored.MemoryTensor;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Blocks that differ from each other, and blocks of other norms than those that are known. */
class BlockDescriptionTest {
  private static final int HIDDEN = 16;
  private static final int LENGTH = 12;

  @TempDir private Path folder;
  private ModelConfig config;

  @BeforeEach
  void read() throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(
        file,
        """
        {"architectures":["LlamaForCausalLM"],"hidden_size":16,"intermediate_size":24,
         "num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,"vocab_size":32,
         "tie_word_embeddings":true}
        """);
    config = ModelConfigReader.read(file);
  }

  private ModelConfig with(Architecture architecture, List<BlockConfig> blocks) {
    return new ModelConfig(
        config.file(),
        architecture,
        config.names(),
        config.hiddenSize(),
        config.vocabularySize(),
        config.maxPositions(),
        config.normEpsilon(),
        config.tieWordEmbeddings(),
        config.multipliers(),
        config.logitSoftCap(),
        config.rotation(),
        config.localRotation(),
        blocks,
        List.of());
  }

  /** The last block with one of its two groups of heads, and with two thirds of its MLP. */
  private ModelLayout narrower() {
    BlockConfig wide = config.block(1);
    AttentionConfig attention = wide.attention();
    BlockConfig narrow =
        new BlockConfig(
            new AttentionConfig(
                2,
                1,
                attention.headDimension(),
                attention.keyValues(),
                attention.latent(),
                attention.scores(),
                attention.rotation(),
                attention.window(),
                attention.chunk(),
                attention.queryKeyNorm(),
                attention.inputBias(),
                attention.outputBias(),
                attention.outputGate()),
            wide.mlp().withWidth(16),
            Optional.empty());
    return ModelLayout.of(with(config.architecture(), List.of(wide, narrow)));
  }

  @Test
  void shapesAreThoseOfTheBlock() {
    ModelLayout layout = narrower();
    Map<String, List<Long>> shapes = layout.shapes();
    assertEquals(List.of(16L, 16L), shapes.get("model.layers.0.self_attn.q_proj.weight"));
    assertEquals(List.of(8L, 16L), shapes.get("model.layers.1.self_attn.q_proj.weight"));
    assertEquals(List.of(4L, 16L), shapes.get("model.layers.1.self_attn.v_proj.weight"));
    assertEquals(List.of(16L, 8L), shapes.get("model.layers.1.self_attn.o_proj.weight"));
    assertEquals(List.of(24L, 16L), shapes.get("model.layers.0.mlp.up_proj.weight"));
    assertEquals(List.of(16L, 16L), shapes.get("model.layers.1.mlp.down_proj.weight"));
    assertEquals(List.of(0, 1), layout.blockKinds());
  }

  @Test
  void memoryIsThatOfTheWidestBlock() {
    ModelLayout uniform = ModelLayout.of(config);
    for (Step step : uniform.steps()) {
      assertEquals(
          DecoderBlock.forwardBytes(uniform, step, LENGTH, LENGTH, 1),
          DecoderBlock.forwardBytes(narrower(), step, LENGTH, LENGTH, 1));
    }
  }

  /** Equal but for rounding: products of other shapes add up in another order. */
  private static void assertNear(float[] expected, float[] actual, String what) {
    float largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertArrayEquals(expected, actual, 1e-5f * largest, what);
  }

  /** What is cut off does nothing in the wide model: its outputs are multiplied by zeros. */
  @Test
  void aNarrowBlockIsAWideOneWithoutWhatDoesNothing() {
    try (Compute compute = Compute.create(2);
        Arena arena = Arena.ofShared()) {
      ModelLayout wide = ModelLayout.of(config);
      ModelLayout narrow = narrower();
      Map<String, Matrix> all = random(wide, arena);
      Map<String, Matrix> cut = new HashMap<>();
      narrow
          .shapes()
          .forEach(
              (name, shape) -> {
                Matrix whole = all.get(name);
                int rows = shape.size() == 1 ? 1 : Math.toIntExact(shape.getFirst());
                int columns = Math.toIntExact(shape.getLast());
                for (int r = 0; r < whole.rows(); r++) {
                  for (int c = columns; c < whole.columns(); c++) {
                    whole.set(r, c, 0);
                  }
                }
                Matrix part = Matrix.allocate(arena, rows, columns);
                part.copyFrom(whole.rowRange(0, rows).columnRange(0, columns));
                cut.put(name, part);
              });
      int[] tokens = tokens();
      Matrix expected = states(new TransformerModel(wide, source(all), compute), tokens, arena);
      Matrix actual = states(new TransformerModel(narrow, source(cut), compute), tokens, arena);
      for (int r = 0; r < LENGTH; r++) {
        assertNear(expected.toArray()[r], actual.toArray()[r], "row " + r);
      }
      CachedModel cached =
          new CachedModel(new TransformerModel(narrow, source(cut), compute), LENGTH, 0);
      try (cached) {
        float[] logits = cached.step(tokens);
        Matrix last = actual.rowRange(LENGTH - 1, LENGTH);
        TransformerModel model = new TransformerModel(narrow, source(cut), compute);
        assertNear(model.head().logits(last), logits, "logits");
      }
    }
  }

  /** As if attention added nothing; token by token, too, as generate has it. */
  @Test
  void aBlockMayHaveNoAttention() {
    BlockConfig whole = config.block(1);
    BlockConfig alone =
        new BlockConfig(
            Optional.empty(), Optional.empty(), whole.ownMlp(), Optional.empty(), Optional.empty());
    ModelLayout layout = ModelLayout.of(with(config.architecture(), List.of(alone, whole)));
    assertEquals(List.of(Step.MLP), layout.steps(0));
    assertEquals(List.of(Step.ATTENTION, Step.MLP), List.copyOf(layout.steps()));
    assertEquals(List.of(InputSite.MLP_INPUT, InputSite.MLP_OUTPUT), List.copyOf(layout.sites(0)));
    try (Compute compute = Compute.create(2);
        Arena arena = Arena.ofShared()) {
      Map<String, Matrix> all = random(ModelLayout.of(config), arena);
      all.get("model.layers.0.self_attn.o_proj.weight").segment().fill((byte) 0);
      TransformerModel silent = new TransformerModel(ModelLayout.of(config), source(all), compute);
      TransformerModel model = new TransformerModel(layout, source(all), compute);
      int[] tokens = tokens();
      Matrix states = states(model, tokens, arena);
      assertArrayEquals(states(silent, tokens, arena).toArray(), states.toArray());
      for (long weightBytes : new long[] {0, Long.MAX_VALUE}) {
        try (CachedModel cached = new CachedModel(model, LENGTH, weightBytes)) {
          for (int i = 0; i < LENGTH; i++) {
            float[] logits = cached.step(new int[] {tokens[i]});
            assertNear(model.head().logits(states.rowRange(i, i + 1)), logits, "token " + i);
          }
        }
      }
    }
  }

  /** Norms behind the steps only: a step sees the states as they are, and adds rows of length 1. */
  @Test
  void normsStandWhereTheArchitecturePutsThem() {
    Architecture behind =
        Architecture.named("BehindForCausalLM")
            .norms(
                new BlockNorms(
                    NormKind.RMS,
                    0,
                    new StepNorms(Optional.empty(), Optional.of("post_attention_layernorm")),
                    new StepNorms(Optional.empty(), Optional.of("post_feedforward_layernorm"))))
            .build();
    ModelLayout layout = ModelLayout.of(with(behind, config.blocks()));
    List<String> norms =
        layout.shapes().keySet().stream()
            .filter(name -> name.startsWith("model.layers.0.") && name.contains("norm"))
            .toList();
    assertEquals(
        List.of(
            "model.layers.0.post_attention_layernorm.weight",
            "model.layers.0.post_feedforward_layernorm.weight"),
        norms);
    layout.linears(0).forEach(linear -> assertTrue(!layout.isAdded(linear), linear.name()));
    try (Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared()) {
      TransformerModel model = new TransformerModel(layout, source(random(layout, arena)), compute);
      for (Step step : layout.steps(0)) {
        Matrix x = RandomMatrices.of(Kind.GAUSSIAN, LENGTH, HIDDEN, 3, arena);
        float[][] before = x.toArray();
        List<float[][]> seen = new ArrayList<>();
        LinearInputs first =
            (site, inputs) -> {
              if (site.next().isPresent()) {
                seen.add(inputs.toArray());
              }
            };
        model.step(0, step, arena).forward(x, LENGTH, first);
        assertArrayEquals(before, seen.getFirst());
        for (int r = 0; r < LENGTH; r++) {
          double sum = 0;
          for (int c = 0; c < HIDDEN; c++) {
            sum += Math.pow(x.get(r, c) - before[r][c], 2);
          }
          assertEquals(1, Math.sqrt(sum / HIDDEN), 1e-3, step + ", row " + r);
        }
      }
    }
  }

  /** Saved moments and plans rely on it: data flows through sites in their order. */
  @Test
  void sitesAreOrderedAsDataFlows() {
    assertEquals(
        List.of(
            InputSite.ATTENTION_INPUT,
            InputSite.ATTENTION_OUTPUT,
            InputSite.MLP_INPUT,
            InputSite.MLP_OUTPUT),
        List.copyOf(ModelLayout.of(config).sites()));
    List<InputSite> mixture =
        List.of(
            InputSite.MLP_OUTPUT,
            InputSite.HEAD_INPUT,
            InputSite.expertInput(0),
            InputSite.expertOutput(0),
            InputSite.expertInput(1));
    assertEquals(mixture, mixture.reversed().stream().sorted().toList());
  }

  private static int[] tokens() {
    int[] tokens = new int[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      tokens[i] = i * 5 % 32;
    }
    return tokens;
  }

  private static Matrix states(TransformerModel model, int[] tokens, Arena arena) {
    Matrix x = Matrix.allocate(arena, tokens.length, HIDDEN);
    model.embed(tokens, x);
    for (int block = 0; block < model.layout().config().layers(); block++) {
      model.block(block, arena).forward(x, LENGTH, LinearInputs.IGNORED);
    }
    return x;
  }

  /** Gaussian weights, norms of ones. */
  private static Map<String, Matrix> random(ModelLayout layout, Arena arena) {
    Map<String, Matrix> tensors = new HashMap<>();
    layout
        .shapes()
        .forEach(
            (name, shape) -> {
              int columns = Math.toIntExact(shape.getLast());
              if (shape.size() == 1) {
                Matrix ones = Matrix.allocate(arena, 1, columns);
                for (int c = 0; c < columns; c++) {
                  ones.set(0, c, 1);
                }
                tensors.put(name, ones);
              } else {
                int rows = Math.toIntExact(shape.getFirst());
                int seed = tensors.size();
                tensors.put(name, RandomMatrices.of(Kind.GAUSSIAN, rows, columns, seed, arena));
              }
            });
    return tensors;
  }

  private static WeightSource source(Map<String, Matrix> tensors) {
    return name -> new MemoryTensor(name, tensors.get(name));
  }
}
