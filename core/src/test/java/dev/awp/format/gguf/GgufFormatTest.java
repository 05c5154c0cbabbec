// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.constraint.block.BlockGrid;
import dev.awp.constraint.codebook.CodebookGrid;
import dev.awp.fixture.ByteTokenizerJson;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.GgufModels;
import dev.awp.fixture.LlamaCppArchitectures;
import dev.awp.fixture.SyntheticWeights;
import dev.awp.format.BrokenRule;
import dev.awp.format.FormatWriter;
import dev.awp.format.LayerPlan;
import dev.awp.format.ModelPlan;
import dev.awp.format.OutputFormat;
import dev.awp.format.registry.OutputFormats;
import dev.awp.gguf.GgufValue;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.file.GgufFile;
import dev.awp.gguf.file.GgufTensor;
import dev.awp.gguf.tensor.GgufValues;
import dev.awp.gguf.tensor.WeightScales;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.WeightSource;
import dev.awp.solver.Effort;
import dev.awp.solver.IterationListener;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.Solution;
import dev.awp.solver.registry.Solvers;
import dev.awp.stored.TensorReader;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole models as model.gguf: what is read back is the solver's result, bit for bit. */
class GgufFormatTest {
  @TempDir private Path folder;

  private static ModelPlan plan(Checkpoint checkpoint, Constraint constraint) {
    ModelLayout layout = ModelLayout.of(checkpoint.config());
    List<LayerPlan> layers =
        layout.linears().stream()
            .map(
                l ->
                    new LayerPlan(
                        l, checkpoint.tensor(l.weight()).type().written(), constraint, false))
            .toList();
    return new ModelPlan(checkpoint, layout, layers, Long.MAX_VALUE);
  }

  private Checkpoint model(int hidden, int inner, DType dtype) throws IOException {
    Path path = folder.resolve("model");
    new GeneratedCheckpoint(1, hidden, inner, 4, 2, dtype).write(path);
    return Checkpoints.open(path);
  }

  /** Rounds all layers, writes them in another order than planned, and compares. */
  private GgufFile written(Checkpoint checkpoint, Constraint constraint, GgufOptions options)
      throws IOException {
    return written(plan(checkpoint, constraint), options);
  }

  private GgufFile written(ModelPlan plan, GgufOptions options) throws IOException {
    OutputFormat format = new GgufFormat(options);
    assertEquals(List.of(), format.brokenRules(plan));
    Path out = Files.createDirectory(folder.resolve("out"));
    try (Compute compute = Compute.create(2);
        Arena arena = Arena.ofShared();
        FormatWriter writer = format.create(out, plan, compute.kernels(), "test")) {
      TensorReader reader = new TensorReader(compute.kernels());
      Map<LinearLayer, Solution> solutions = new HashMap<>();
      for (LayerPlan layer : plan.layers().reversed()) {
        Solution solution = solve(plan.checkpoint(), layer, reader, compute, arena);
        solutions.put(layer.layer(), solution);
        writer.write(layer.layer(), solution);
        writer.force();
      }
      writer.finish();
      WeightSource read = writer.read(arena);
      solutions.forEach(
          (layer, solution) -> {
            Matrix back = reader.matrix(read.tensor(layer.weight()), arena);
            MemorySegment expected = solution.weights().segment();
            assertEquals(-1, expected.mismatch(back.segment()), layer.name());
          });
      checkOthers(plan, read, reader, arena);
    }
    return GgufFile.read(out.resolve("model.gguf"));
  }

  private static Solution solve(
      Checkpoint checkpoint, LayerPlan layer, TensorReader reader, Compute compute, Arena arena) {
    Matrix w = reader.matrix(checkpoint.tensor(layer.layer().weight()), arena);
    Matrix c = Matrix.allocate(arena, w.columns(), w.columns());
    for (int j = 0; j < w.columns(); j++) {
      c.set(j, j, 1);
    }
    String solver = layer.constraint().grid().isPresent() ? "rtn" : "magnitude";
    return Solvers.byName(solver, Effort.NORMAL)
        .orElseThrow()
        .solve(new LayerProblem(w, c, layer.constraint()), compute, arena, IterationListener.NONE);
  }

  /** Norms are exact; the embedding is as near as its type allows. */
  private static void checkOthers(
      ModelPlan plan, WeightSource read, TensorReader reader, Arena arena) {
    plan.otherTensors()
        .forEach(
            view -> {
              Matrix original = reader.matrix(view, arena);
              Matrix back = reader.matrix(read.tensor(view.name()), arena);
              // Of Gemma's norms, 1 + w is stored; of other vectors, float32.
              boolean vector = view.shape().size() == 1;
              double tolerance = vector ? 2.5e-7 : 2e-3;
              for (int r = 0; r < original.rows(); r++) {
                for (int j = 0; j < original.columns(); j++) {
                  assertEquals(original.get(r, j), back.get(r, j), tolerance, view.name());
                }
              }
            });
  }

  @ParameterizedTest
  @EnumSource(names = {"Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "IQ4_NL", "MXFP4", "NVFP4", "Q2_0"})
  void smallBlocksPadTheInnerWidth(BlockGrid grid) throws IOException {
    try (Checkpoint checkpoint = model(64, 44, DType.BF16)) {
      GgufFile file = written(checkpoint, grid, GgufOptions.DEFAULT);
      assertEquals(
          new GgufValue.Whole(GgufValue.Kind.U32, 64),
          file.metadata().get("llama.feed_forward_length"));
      assertEquals(List.of(64L, 64L), file.tensor("blk.0.ffn_down.weight").orElseThrow().shape());
      assertEquals(List.of(64L, 64L), file.tensor("blk.0.ffn_gate.weight").orElseThrow().shape());
      assertEquals(
          grid.name(),
          file.tensor("blk.0.attn_q.weight").orElseThrow().type().orElseThrow().name());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_XS", "TQ1_0", "TQ2_0"})
  void superBlocksPadTheInnerWidthAndKeepTheEmbeddingsType(BlockGrid grid) throws IOException {
    try (Checkpoint checkpoint = model(256, 300, DType.F32)) {
      GgufOptions options = new GgufOptions(Optional.empty(), BlockType.Q8_0);
      GgufFile file = written(checkpoint, grid, options);
      assertEquals(
          new GgufValue.Whole(GgufValue.Kind.U32, 512),
          file.metadata().get("llama.feed_forward_length"));
      assertEquals(BlockType.Q8_0, file.tensor("output.weight").orElseThrow().type().orElseThrow());
    }
  }

  @ParameterizedTest
  @EnumSource
  void blocksOfVectorsPadTheInnerWidthToo(CodebookGrid grid) throws IOException {
    try (Checkpoint checkpoint = model(256, 44, DType.F32)) {
      // To find vectors for the larger layers of attention takes longest, and is the same search.
      ModelPlan all = plan(checkpoint, grid);
      List<LayerPlan> some =
          all.layers().stream()
              .filter(l -> l.layer().name().matches(".*(k_proj|gate_proj|up_proj|down_proj)"))
              .toList();
      GgufFile file =
          written(
              new ModelPlan(checkpoint, all.layout(), some, Long.MAX_VALUE), GgufOptions.DEFAULT);
      assertEquals(
          new GgufValue.Whole(GgufValue.Kind.U32, 256),
          file.metadata().get("llama.feed_forward_length"));
      assertEquals(
          grid.name(),
          file.tensor("blk.0.attn_k.weight").orElseThrow().type().orElseThrow().name());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void prunedLayersKeepTheirTypeAndNeedNoPadding(DType dtype) throws IOException {
    try (Checkpoint checkpoint = model(64, 44, dtype)) {
      GgufFile file = written(checkpoint, new RowSparsity(0.5), GgufOptions.DEFAULT);
      assertEquals(List.of(64L, 44L), file.tensor("blk.0.ffn_down.weight").orElseThrow().shape());
      assertEquals(
          dtype.name(),
          file.tensor("blk.0.ffn_up.weight").orElseThrow().type().orElseThrow().name());
    }
  }

  @Test
  void everyKeyThatLlamaCppNeedsIsThere() throws IOException {
    try (Checkpoint checkpoint = model(64, 64, DType.F32)) {
      Map<String, GgufValue> keys =
          written(checkpoint, BlockGrid.Q4_0, GgufOptions.DEFAULT).metadata();
      assertEquals(GgufValue.of("llama"), keys.get("general.architecture"));
      assertEquals(GgufValue.of(2), keys.get("general.file_type"));
      assertEquals(GgufValue.of(2), keys.get("general.quantization_version"));
      assertEquals(GgufValue.of(128), keys.get("llama.context_length"));
      assertEquals(GgufValue.of(64), keys.get("llama.embedding_length"));
      assertEquals(GgufValue.of(1), keys.get("llama.block_count"));
      assertEquals(GgufValue.of(4), keys.get("llama.attention.head_count"));
      assertEquals(GgufValue.of(2), keys.get("llama.attention.head_count_kv"));
      assertEquals(GgufValue.of(16), keys.get("llama.attention.key_length"));
      assertEquals(GgufValue.of(16), keys.get("llama.rope.dimension_count"));
      assertEquals(GgufValue.of(1e4f), keys.get("llama.rope.freq_base"));
      assertEquals(GgufValue.of(1e-5f), keys.get("llama.attention.layer_norm_rms_epsilon"));
      assertEquals(GgufValue.of(258), keys.get("llama.vocab_size"));
      assertEquals(GgufValue.of("gpt2"), keys.get("tokenizer.ggml.model"));
      assertEquals(GgufValue.of(true), keys.get("tokenizer.ggml.add_bos_token"));
    }
  }

  @Test
  void whatCannotBePaddedIsRefusedWithAllNames() throws IOException {
    try (Checkpoint checkpoint = model(64, 44, DType.F32)) {
      OutputFormat format = new GgufFormat(GgufOptions.DEFAULT);
      ModelPlan plan = plan(checkpoint, BlockGrid.Q4_K);
      AwpException refused =
          assertThrows(AwpException.class, () -> OutputFormats.check(List.of(format), plan));
      for (String name : List.of("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj")) {
        assertTrue(refused.getMessage().contains(name + " (64)"), refused.getMessage());
      }
      assertFalse(refused.getMessage().contains("down_proj"), refused.getMessage());
    }
  }

  private static List<String> architectures() {
    return LlamaCppArchitectures.ALL;
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void everyArchitectureIsReadBack(String name) throws IOException {
    Path path = folder.resolve("model");
    LlamaCppArchitectures.write(path, name, DType.F32);
    try (Checkpoint checkpoint = Checkpoints.open(path)) {
      GgufFile file = written(checkpoint, BlockGrid.Q5_0, GgufOptions.DEFAULT);
      String expected =
          switch (name.replaceAll("-(moe|hybrid|next)", "$1").replaceAll("-(?!oss).*", "")) {
            case "mixtral", "llama3" -> "llama";
            case "olmo3" -> "olmo2";
            case "ministral3" -> "mistral3";
            case "cohere" -> "command-r";
            case "deepseek" -> "deepseek2";
            case "qwen3.5" -> "qwen35";
            case "qwen3.5moe" -> "qwen35moe";
            case "gemma4moe" -> "gemma4";
            case "nemotron" -> name.equals("nemotron-h-experts") ? "nemotron_h_moe" : "nemotron_h";
            case String same -> same;
          };
      assertEquals(GgufValue.of(expected), file.metadata().get("general.architecture"));
    }
  }

  @Test
  void expertsAreSlicesOfOneTensor() throws IOException {
    Path path = folder.resolve("model");
    LlamaCppArchitectures.write(path, "qwen2-moe", DType.BF16);
    try (Checkpoint checkpoint = Checkpoints.open(path)) {
      GgufFile file = written(checkpoint, BlockGrid.Q4_0, GgufOptions.DEFAULT);
      // Six experts of 20, one shared of 28, padded to 32.
      assertEquals(shape(6, 32, 64), file.tensor("blk.0.ffn_up_exps.weight").get().shape());
      assertEquals(shape(6, 64, 32), file.tensor("blk.6.ffn_down_exps.weight").get().shape());
      assertEquals(shape(32, 64), file.tensor("blk.0.ffn_gate_shexp.weight").get().shape());
      assertEquals(shape(6, 64), file.tensor("blk.0.ffn_gate_inp.weight").get().shape());
      assertEquals(shape(64), file.tensor("blk.0.ffn_gate_inp_shexp.weight").get().shape());
      Map<String, GgufValue> keys = file.metadata();
      assertEquals(GgufValue.of(6), keys.get("qwen2moe.expert_count"));
      assertEquals(GgufValue.of(3), keys.get("qwen2moe.expert_used_count"));
      assertEquals(GgufValue.of(32), keys.get("qwen2moe.expert_feed_forward_length"));
      assertEquals(GgufValue.of(32), keys.get("qwen2moe.expert_shared_feed_forward_length"));
    }
  }

  @Test
  void scalesOfWholeTensorsLieBesideThem() throws IOException {
    Path path = folder.resolve("model");
    GgufModels.writeFolder(path, "mixtral", DType.F32);
    try (Checkpoint checkpoint = Checkpoints.open(path)) {
      GgufFile file = written(checkpoint, BlockGrid.NVFP4, GgufOptions.DEFAULT);
      assertEquals(shape(1), file.tensor("blk.0.attn_q.scale").get().shape());
      GgufTensor experts = file.tensor("blk.0.ffn_up_exps.scale").orElseThrow();
      assertEquals(
          List.of(file.tensor("blk.0.ffn_up_exps.weight").get().shape().getFirst()),
          experts.shape());
      assertEquals(BlockType.F32, experts.type().orElseThrow());
      assertTrue(file.tensor("output.scale").isEmpty());
    }
    try (Checkpoint checkpoint = Checkpoints.open(path);
        Checkpoint back = Checkpoints.open(folder.resolve("out"));
        Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared()) {
      TensorReader reader = new TensorReader(compute.kernels());
      for (LinearLayer layer : ModelLayout.of(checkpoint.config()).linears()) {
        Matrix w = reader.matrix(checkpoint.tensor(layer.weight()), arena);
        Matrix t = reader.matrix(back.tensor(layer.weight()), arena);
        double error = 0;
        double all = 0;
        for (int j = 0; j < w.columns(); j++) {
          error += Math.pow(w.get(0, j) - t.get(0, j), 2);
          all += Math.pow(w.get(0, j), 2);
        }
        assertTrue(error < 0.03 * all, layer.name() + ": " + error + " of " + all);
      }
    }
  }

  @Test
  void scalesThatLlamaCppDoesNotMultiplyByAreRefused() throws IOException {
    Path path = folder.resolve("model");
    LlamaCppArchitectures.write(path, "qwen2", DType.F32);
    try (Checkpoint checkpoint = Checkpoints.open(path)) {
      ModelPlan plan = plan(checkpoint, BlockGrid.NVFP4);
      GgufOptions options = new GgufOptions(Optional.empty(), BlockType.NVFP4);
      List<BrokenRule> broken = new GgufFormat(options).brokenRules(plan);
      assertEquals(2, broken.size(), broken.toString());
      assertTrue(broken.getFirst().rule().contains("does not multiply in these layers"));
      assertEquals(21, broken.getFirst().layers().size());
      assertTrue(broken.getLast().rule().contains("no embedding by the scale beside NVFP4"));
    }
  }

  private static List<Long> shape(long... sizes) {
    return Arrays.stream(sizes).boxed().toList();
  }

  @Test
  void gemmaIsWrittenAsLlamaCppComputesIt() throws IOException {
    Path path = folder.resolve("model");
    LlamaCppArchitectures.write(path, "gemma3", DType.F32);
    try (Checkpoint checkpoint = Checkpoints.open(path);
        Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared()) {
      GgufFile file = written(checkpoint, BlockGrid.Q8_0, GgufOptions.DEFAULT);
      Map<String, GgufValue> keys = file.metadata();
      assertEquals(GgufValue.of("linear"), keys.get("gemma3.rope.scaling.type"));
      assertEquals(GgufValue.of(4f), keys.get("gemma3.rope.scaling.factor"));
      assertEquals(GgufValue.of(6), keys.get("gemma3.attention.sliding_window"));
      TensorReader reader = new TensorReader(compute.kernels());
      for (Map.Entry<String, String> norm :
          Map.of(
                  "input_layernorm", "attn_norm",
                  "post_attention_layernorm", "post_attention_norm",
                  "pre_feedforward_layernorm", "ffn_norm",
                  "post_feedforward_layernorm", "post_ffw_norm",
                  "self_attn.q_norm", "attn_q_norm")
              .entrySet()) {
        String source = "model.layers.5." + norm.getKey() + ".weight";
        Matrix w = reader.matrix(checkpoint.tensor(source), arena);
        GgufTensor tensor = file.tensor("blk.5." + norm.getValue() + ".weight").orElseThrow();
        Matrix stored = reader.matrix(GgufValues.of(file, tensor, arena).orElseThrow(), arena);
        for (int j = 0; j < w.columns(); j++) {
          assertEquals(w.get(0, j) + 1, stored.get(0, j), source);
        }
      }
    }
  }

  @Test
  void gemmaFourHasNumbersOfBothKindsOfBlocks() throws IOException {
    Path path = folder.resolve("model");
    LlamaCppArchitectures.write(path, "gemma4-shared", DType.BF16);
    try (Checkpoint checkpoint = Checkpoints.open(path)) {
      GgufFile file = written(checkpoint, BlockGrid.Q8_0, GgufOptions.DEFAULT);
      Map<String, GgufValue> keys = file.metadata();
      // 44, and 88 where keys and values are shared, in whole blocks.
      assertEquals(
          GgufValue.wholes(new int[] {64, 64, 64, 64, 96, 96}),
          keys.get("gemma4.feed_forward_length"));
      assertEquals(GgufValue.of(2), keys.get("gemma4.attention.shared_kv_layers"));
      assertEquals(GgufValue.of(32), keys.get("gemma4.attention.key_length"));
      assertEquals(GgufValue.of(0f), keys.get("gemma4.final_logit_softcapping"));
      assertEquals(GgufValue.of(16), keys.get("gemma4.attention.key_length_swa"));
      assertEquals(GgufValue.of(32), keys.get("gemma4.embedding_length_per_layer_input"));
      assertEquals(
          GgufValue.flags(List.of(true, false, true, false, true, false)),
          keys.get("gemma4.attention.sliding_window_pattern"));
      assertTrue(file.tensor("blk.4.attn_k.weight").isEmpty());
      assertTrue(file.tensor("blk.4.attn_k_norm.weight").isEmpty());
      assertEquals(shape(1), file.tensor("blk.4.layer_output_scale.weight").get().shape());
      GgufTensor table = file.tensor("per_layer_token_embd.weight").orElseThrow();
      assertEquals(shape(ByteTokenizerJson.VOCABULARY, 6 * 32), table.shape());
      assertEquals(BlockType.F16, table.type().orElseThrow());
      GgufTensor projection = file.tensor("per_layer_model_proj.weight").orElseThrow();
      assertEquals(BlockType.BF16, projection.type().orElseThrow());
      try (Arena arena = Arena.ofConfined()) {
        float[] factors =
            file.view(file.tensor("rope_freqs.weight").orElseThrow(), arena)
                .data()
                .toArray(WeightScales.FLOAT);
        // Half of the pairs turn.
        assertEquals(16, factors.length);
        assertEquals(1, factors[7]);
        assertEquals(1e30f, factors[8]);
      }
    }
  }

  @Test
  void scalesOfExpertsAreNotThoseOfBlocks() throws IOException {
    Path path = folder.resolve("model");
    LlamaCppArchitectures.write(path, "gemma4-moe", DType.F32);
    try (Checkpoint checkpoint = Checkpoints.open(path)) {
      ModelPlan plan = plan(checkpoint, BlockGrid.NVFP4);
      List<BrokenRule> broken = new GgufFormat(GgufOptions.DEFAULT).brokenRules(plan);
      assertTrue(broken.getFirst().rule().contains("does not multiply in these layers"));
      assertEquals(12, broken.getFirst().layers().size(), broken.toString());
      assertTrue(broken.getFirst().layers().getLast().endsWith("experts.5.down_proj"));
    }
  }

  private static List<Arguments> whatLlamaCppComputesOtherwise() {
    return List.of(
        Arguments.of("gemma3", "rope_local_base_freq", 100.0, "rotates by the base 10000"),
        Arguments.of("gemma3", "sliding_window_pattern", 3, "all blocks but every 6."),
        Arguments.of("gemma2", "query_pre_attn_scalar", 20, "the root of 16.0"),
        Arguments.of("gemma2", "tie_word_embeddings", false, "no output head"),
        Arguments.of("phi3", "head_dim", 8, "as wide together as the hidden size 64, not 32"),
        Arguments.of("qwen2-moe", "norm_topk_prob", true, "leaves the shares"),
        Arguments.of("qwen3-moe", "norm_topk_prob", false, "add up to one"),
        Arguments.of("qwen3-moe", "decoder_sparse_step", 2, "experts in all blocks"),
        Arguments.of("qwen2-moe", "tie_word_embeddings", true, "no tied embeddings"),
        Arguments.of("smollm3", "no_rope_layer_interval", 3, "rotates in all blocks but every 4."),
        Arguments.of("exaone4", "sliding_window", 5, "rotates in all blocks"),
        Arguments.of("olmo2", "tie_word_embeddings", true, "no tied embeddings"),
        Arguments.of("olmo3", "rope_theta", 10_000.0, "rotates by one base in all blocks"),
        Arguments.of("cohere", "use_qk_norm", true, "where there are 64 blocks or more"),
        Arguments.of("cohere2", "tie_word_embeddings", false, "no output head"),
        Arguments.of("granite-moe", "attention_bias", true, "has no such biases"),
        Arguments.of("gpt-oss", "swiglu_limit", 5.0, "clamps gates of experts at 7"),
        Arguments.of("llama4", "attention_chunk_size", 4096, "attends in chunks of 8192"),
        Arguments.of("deepseek-v3", "rope_interleave", false, "rotates neighbouring columns"),
        Arguments.of("granite", "attention_bias", true, "has no such biases"),
        Arguments.of("granite-hybrid", "time_step_limit", List.of(0.1, 1), "no bounds of"),
        Arguments.of("granite-hybrid", "mamba_conv_bias", false, "needs a bias of"),
        Arguments.of("granite-hybrid", "mamba_proj_bias", true, "no biases of the projections"),
        Arguments.of("falcon-h1", "attention_bias", true, "has no"),
        Arguments.of("qwen3-next", "norm_topk_prob", false, "add up to one"),
        Arguments.of("qwen3.5", "rms_norm_eps", 1e-5, "with 1e-6: it must be that"),
        Arguments.of("qwen3.5", "linear_key_head_dim", 16, "as long as those of values"),
        Arguments.of("qwen3.5-moe", "rms_norm_eps", 1e-5, "with 1e-6: it must be that"),
        Arguments.of("nemotron-h", "time_step_limit", List.of(0.1, 1), "no bounds of"),
        Arguments.of("nemotron-h", "use_bias", true, "no biases of the projections"),
        Arguments.of("nemotron-h", "use_conv_bias", false, "needs a bias of"),
        Arguments.of("nemotron-h-experts", "mlp_bias", true, "no biases in mixtures"),
        Arguments.of(
            "nemotron-h-experts",
            "layers_block_type",
            List.of("attention", "moe", "mamba", "mlp"),
            "experts in all blocks with feed-forward layers"),
        Arguments.of("gemma4", "attention_bias", true, "has no such biases"),
        Arguments.of("gemma4-pattern", "sliding_window", null, "needs a block with a sliding"),
        Arguments.of(
            "gemma4-shared",
            "layer_types",
            List.of("full", "sliding", "full", "sliding", "sliding", "full").stream()
                .map(kind -> kind + "_attention")
                .toList(),
            "from block 3 where there is a window, and else from 4; config.json says 5 from 4, 6"
                + " from 3"),
        Arguments.of(
            "gemma4-per-layer",
            "vocab_size_per_layer_input",
            400,
            "has vectors of as many tokens as embeddings, 258, config.json says 400"),
        Arguments.of("gemma", "tie_word_embeddings", false, "no output head"));
  }

  @ParameterizedTest
  @MethodSource("whatLlamaCppComputesOtherwise")
  void whatLlamaCppComputesOtherwiseIsRefused(String name, String key, Object value, String rule)
      throws IOException {
    Path path = folder.resolve("model");
    ObjectNode config = LlamaCppArchitectures.config(name);
    config.putPOJO(key, value);
    SyntheticWeights.write(path, config.toString(), DType.F32, Long.MAX_VALUE);
    try (Checkpoint checkpoint = Checkpoints.open(path)) {
      ModelPlan plan = plan(checkpoint, BlockGrid.Q8_0);
      List<BrokenRule> broken = new GgufFormat(GgufOptions.DEFAULT).brokenRules(plan);
      assertTrue(broken.size() == 1 || name.equals("falcon-h1"), broken.toString());
      assertTrue(broken.stream().anyMatch(some -> some.rule().contains(rule)), broken.toString());
    }
  }

  @Test
  void blocksOfReorderedHeadsFitIntoHeads() throws IOException {
    Path path = folder.resolve("model");
    LlamaCppArchitectures.write(path, "qwen3.5", DType.F32);
    try (Checkpoint checkpoint = Checkpoints.open(path)) {
      // Four heads of 32 columns of values, which share two of keys, are 128 columns.
      ModelPlan plan = plan(checkpoint, BlockGrid.Q1_0);
      List<BrokenRule> broken = new GgufFormat(GgufOptions.DEFAULT).brokenRules(plan);
      assertTrue(broken.toString().contains("linear_attn.out_proj (32)"), broken.toString());
    }
  }

  @Test
  void expertsOfSeveralTypesAreRefusedWithAllNames() throws IOException {
    Path path = folder.resolve("model");
    LlamaCppArchitectures.write(path, "mixtral", DType.F32);
    try (Checkpoint checkpoint = Checkpoints.open(path)) {
      ModelPlan all = plan(checkpoint, BlockGrid.Q8_0);
      List<LayerPlan> some =
          all.layers().stream()
              .filter(l -> !l.layer().name().contains("0.block_sparse_moe.experts.3.w2"))
              .toList();
      ModelPlan plan = new ModelPlan(checkpoint, all.layout(), some, Long.MAX_VALUE);
      List<BrokenRule> broken = new GgufFormat(GgufOptions.DEFAULT).brokenRules(plan);
      assertEquals(1, broken.size(), broken.toString());
      assertEquals(5, broken.getFirst().layers().size());
      assertTrue(broken.getFirst().layers().get(3).endsWith("experts.3.w2 (F32)"));
    }
  }

  @Test
  void integerGridsAreRefused() throws IOException {
    try (Checkpoint checkpoint = model(64, 44, DType.F32)) {
      ModelPlan plan = plan(checkpoint, new IntegerGrid(4, 32, true, DType.F16));
      String rule = new GgufFormat(GgufOptions.DEFAULT).brokenRules(plan).getFirst().rule();
      assertTrue(rule.contains("--gguf-type"), rule);
    }
  }
}
