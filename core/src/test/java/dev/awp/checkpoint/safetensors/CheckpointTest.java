// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.compute.KernelProvider;
import dev.awp.config.Activation;
import dev.awp.config.ModelConfig;
import dev.awp.config.json.ModelConfigReader;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.kernel.Kernels;
import dev.awp.parallel.Workers;
import dev.awp.rope.LinearScaling;
import dev.awp.rope.Llama3Scaling;
import dev.awp.safetensors.ShardIndex;
import dev.awp.stored.StoredRows;
import dev.awp.stored.TensorEncoder;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Opening folders: shards, the index, config.json, and decoding what is in them. */
class CheckpointTest {
  private static final Kernels KERNELS = KernelProvider.kernels();

  @TempDir private Path folder;
  private Path model;

  @BeforeEach
  void generate() throws IOException {
    model = folder.resolve("model");
    new GeneratedCheckpoint(2, 16, 24, 2, 1, DType.BF16).write(model, 2000);
  }

  private void assertRefused(String rule) {
    AwpException refusal =
        assertThrows(AwpException.class, () -> SafetensorsCheckpoint.open(model).close());
    assertTrue(refusal.getMessage().contains(rule), refusal.getMessage());
    assertEquals(1, refusal.getMessage().lines().count());
  }

  private void replace(String file, String what, String by) throws IOException {
    String text = Files.readString(model.resolve(file));
    assertTrue(text.contains(what), text);
    Files.writeString(model.resolve(file), text.replace(what, by));
  }

  @Test
  void shardsAreOneCheckpoint() {
    try (SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.open(model)) {
      assertEquals(21, checkpoint.tensors().size());
      TensorView q = checkpoint.view("model.layers.1.self_attn.q_proj.weight");
      assertEquals(List.of(16L, 16L), q.shape());
      assertThrows(AwpException.class, () -> checkpoint.tensor("model.layers.2.x"));
    }
  }

  @Test
  void missingShardIsNamed() throws IOException {
    Files.delete(model.resolve("model-00002-of-00007.safetensors"));
    assertRefused("model-00002-of-00007.safetensors: the file is missing");
  }

  @Test
  void truncatedShardIsNamed() throws IOException {
    Path shard = model.resolve("model-00002-of-00007.safetensors");
    byte[] bytes = Files.readAllBytes(shard);
    Files.write(shard, java.util.Arrays.copyOf(bytes, bytes.length - 1));
    assertRefused("model-00002-of-00007.safetensors: tensor");
  }

  @Test
  void indexMustNotLeadOutOfTheFolder() throws IOException {
    for (String name :
        List.of(
            "../model.safetensors",
            "/etc/passwd",
            "sub/model.safetensors",
            "C:model.safetensors",
            "..\\\\model.safetensors",
            "config.json")) {
      generateAgain();
      replace(ShardIndex.NAME, "model-00001-of-00007.safetensors", name);
      assertRefused("is not the name of a safetensors file in the folder");
    }
  }

  private void generateAgain() throws IOException {
    model = folder.resolve("model-" + System.nanoTime());
    generate(model);
  }

  private static void generate(Path into) throws IOException {
    new GeneratedCheckpoint(2, 16, 24, 2, 1, DType.BF16).write(into, 2000);
  }

  @Test
  void indexMustAgreeWithTheShards() throws IOException {
    replace(ShardIndex.NAME, "\"model.norm.weight\"", "\"model.norn.weight\"");
    assertRefused("tensor model.norn.weight is missing");
    generateAgain();
    replace(
        ShardIndex.NAME,
        "\"weight_map\" : {",
        "\"weight_map\" : {\"extra\":\"model-00001-of-00007.safetensors\",");
    assertRefused("tensor extra is missing");
    generateAgain();
    replace(ShardIndex.NAME, "weight_map", "weight_mop");
    assertRefused("weight_map is missing");
  }

  @Test
  void foldersWithoutWeightsAreNamed() throws IOException {
    for (String name : List.of("a", "b")) {
      model = Files.createDirectory(folder.resolve(name));
      Files.writeString(
          model.resolve("config.json"),
          "{\"architectures\":[\"LlamaForCausalLM\"],\"hidden_size\":8,\"intermediate_size\":8,"
              + "\"num_hidden_layers\":1,\"num_attention_heads\":2,\"vocab_size\":4}");
    }
    assertRefused("neither model.safetensors nor model.safetensors.index.json is there");
    Files.delete(model.resolve("config.json"));
    assertRefused("config.json: the file is missing");
    model = folder.resolve("nowhere");
    assertRefused("there is no such folder");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"hidden_size\":16|\"hidden_size\":0|hidden_size must be an integer from 1 to",
        "\"hidden_size\":16|\"hidden_size\":-5|hidden_size must be an integer from 1 to",
        "\"hidden_size\":16|\"hidden_size\":1e3|hidden_size must be an integer from 1 to",
        "\"hidden_size\":16|\"hidden_size\":99999999999|hidden_size must be an integer from 1 to",
        "\"hidden_size\":16|\"hidden\":16|hidden_size is missing",
        "\"num_key_value_heads\":1|\"num_key_value_heads\":3|is no multiple of",
        "\"num_attention_heads\":2|\"num_attention_heads\":16,\"head_dim\":99999999|head_dim must"
            + " be",
        "\"hidden_act\":\"silu\"|\"hidden_act\":\"gelu\"|hidden_act 'gelu' is not supported",
        "\"rope_theta\":10000.0|\"rope_theta\":-1|rope_theta must be a positive number",
        "\"rope_theta\":10000.0|\"rope_scaling\":{\"type\":\"axial\"}|rope scaling 'axial' is not"
            + " supported",
        "\"rope_theta\":10000.0|\"rope_scaling\":{\"rope_type\":\"llama3\"}|factor must be a"
            + " positive",
        "\"rope_theta\":10000.0|\"rope_scaling\":[1]|rope_scaling must be an object",
        "\"rope_theta\":10000.0|\"partial_rotary_factor\":0.5|partial_rotary_factor 0.5 is not",
        "\"rms_norm_eps\":1.0E-5|\"rms_norm_eps\":1e-300|is not between 0 and 1",
        "\"tie_word_embeddings\":false|\"tie_word_embeddings\":\"no\"|must be true or false",
        "[\"LlamaForCausalLM\"]|[]|architectures is missing",
        "\"vocab_size\":258|\"vocab_size\":258,\"vocab_size\":258|not readable as JSON",
      })
  void brokenConfigIsRefused(String what, String by, String rule) throws IOException {
    replace("config.json", what, by);
    assertRefused(rule);
  }

  @Test
  void newerSpellingsAreRead() throws IOException {
    replace(
        "config.json",
        "\"rope_theta\":10000.0",
        "\"rope_parameters\":{\"rope_type\":\"llama3\",\"rope_theta\":500000.0,\"factor\":8.0,"
            + "\"low_freq_factor\":1.0,\"high_freq_factor\":4.0,"
            + "\"original_max_position_embeddings\":8192}");
    ModelConfig config = ModelConfigReader.read(model.resolve("config.json"));
    assertEquals(500000.0, config.rotation().theta());
    assertEquals(new Llama3Scaling(8, 1, 4, 8192), config.rotation().scaling().orElseThrow());
  }

  @Test
  void absentRopeParametersDoNotHideTheOlderSpelling() throws IOException {
    for (String newer : List.of("null", "{\"rope_type\":\"default\"}")) {
      generateAgain();
      replace(
          "config.json",
          "\"rope_theta\":10000.0",
          "\"rope_theta\":500000.0,\"rope_parameters\":" + newer);
      assertEquals(
          500000.0, ModelConfigReader.read(model.resolve("config.json")).rotation().theta());
    }
  }

  /** The blocks, of four, that have a window in transformers' classes. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Llama|'sliding_window':16|[]",
        "Mistral|'sliding_window':16|[0, 1, 2, 3]",
        "Mistral|'sliding_window':null|[]",
        "Mixtral|'sliding_window':null|[]",
        "Phi3|'sliding_window':16|[0, 1, 2, 3]",
        "Qwen2|'sliding_window':16|[]",
        "Qwen2|'sliding_window':16,'use_sliding_window':true|[]",
        "Qwen2|'sliding_window':16,'use_sliding_window':true,'max_window_layers':0|[0, 1, 2, 3]",
        "Qwen3|'sliding_window':16,'use_sliding_window':true,'max_window_layers':4|[]",
        "Qwen3|'sliding_window':16,'use_sliding_window':true,'max_window_layers':1|[1, 2, 3]",
        "Gemma2|'sliding_window':16|[0, 2]",
        "Gemma3|'sliding_window':16,'sliding_window_pattern':3|[0, 1, 3]",
        "Gemma3|'sliding_window':16|[0, 1, 2, 3]",
        "Gemma3|'sliding_window':16,'layer_types':['full_attention','full_attention','sliding_attention','full_attention']|[2]",
      })
  void slidingWindowFollowsTheArchitecture(String family, String keys, String blocks)
      throws IOException {
    ModelConfig read = read(family, keys.replace((char) 39, (char) 34));
    assertEquals(blocks, read.slidingBlocks().stream().sorted().toList().toString());
    assertEquals(!read.slidingBlocks().isEmpty(), read.slidingWindow().isPresent());
    for (int block : read.slidingBlocks()) {
      assertEquals(16, read.block(block).attention().window().orElseThrow());
    }
  }

  private ModelConfig read(String family, String keys) throws IOException {
    Path config = folder.resolve("window.json");
    Files.writeString(
        config,
        """
        {"architectures":["%sForCausalLM"],"hidden_size":8,"intermediate_size":8,
         "num_hidden_layers":4,"num_attention_heads":2,"num_key_value_heads":2,"vocab_size":4,%s}
        """
            .formatted(family, keys));
    return ModelConfigReader.read(config);
  }

  @Test
  void gemmaNestsItsTextModelAndLeavesDefaultsOut() throws IOException {
    // As published: only what differs from Gemma3TextConfig's defaults is there.
    Path config = folder.resolve("gemma.json");
    Files.writeString(
        config,
        """
        {"architectures":["Gemma3ForConditionalGeneration"],"model_type":"gemma3",
         "text_config":{"hidden_size":2560,"intermediate_size":10240,"num_hidden_layers":34,
           "rope_scaling":{"factor":8.0,"rope_type":"linear"},"sliding_window":1024}}
        """);
    ModelConfig read = ModelConfigReader.read(config);
    assertEquals(2560, read.hiddenSize());
    assertEquals(8, read.block(0).attention().heads());
    assertEquals(256, read.block(0).attention().headDimension());
    assertEquals(262208, read.vocabularySize());
    assertEquals(new LinearScaling(8), read.rotation().scaling().orElseThrow());
    assertEquals(1e6, read.rotation().theta());
    assertEquals(10000, read.localRotation().orElseThrow().theta());
    assertEquals(1024, read.slidingWindow().orElseThrow());
    assertEquals(29, read.slidingBlocks().size());
    assertEquals(Activation.GELU_TANH, read.block(0).mlp().activation());
    assertTrue(read.tieWordEmbeddings());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Mixtral|'num_experts_per_tok':9|num_experts_per_tok 9 is more than the 8 experts",
        "Qwen2Moe|'num_experts':0|num_experts must be an integer from 1",
        "Qwen2Moe|'use_sliding_window':true,'sliding_window':4|without layer_types is not"
            + " supported",
        "Phi3|'rope_scaling':{'type':'longrope'}|short_factor must be a list of 2 numbers",
        "Phi3|'original_max_position_embeddings':16,'rope_scaling':{'type':'longrope','short_factor':[1]}|short_factor"
            + " must be a list of 2 numbers",
        "Gemma2|'hidden_activation':'relu'|hidden_activation 'relu' is not supported",
        "Gemma2|'attn_logit_softcapping':-1|attn_logit_softcapping must be a positive number",
        "Gemma3|'sliding_window':16,'layer_types':['full_attention']|layer_types must be a list of",
        "Gemma3|'sliding_window':16,'layer_types':[1,2,3,4]|layer type 1 is not supported",
      })
  void brokenSettingsOfAnArchitectureAreRefused(String family, String keys, String rule) {
    AwpException refusal =
        assertThrows(AwpException.class, () -> read(family, keys.replace((char) 39, (char) 34)));
    assertTrue(refusal.getMessage().contains(rule), refusal.getMessage());
  }

  @Test
  void truncationWhileMappedIsAnErrorAndNotACrash() throws IOException {
    try (SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.open(model);
        Arena arena = Arena.ofConfined()) {
      TensorView view = checkpoint.view("model.norm.weight");
      try (java.nio.channels.FileChannel shard =
          java.nio.channels.FileChannel.open(view.file(), java.nio.file.StandardOpenOption.WRITE)) {
        shard.truncate(view.fileOffset());
      }
      AwpException refusal =
          assertThrows(AwpException.class, () -> new TensorReader(KERNELS).matrix(view, arena));
      assertTrue(refusal.getMessage().contains("truncated while in use"), refusal.getMessage());
    }
  }

  @Test
  void storedRowsAreThoseOfTheMatrix() {
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(3)) {
      MemorySegment data = arena.allocate(500 * 3 * Float.BYTES, 4);
      for (int i = 0; i < 1500; i++) {
        data.setAtIndex(ValueLayout.JAVA_FLOAT, i, i);
      }
      TensorView view = new TensorView("t", DType.F32, List.of(500L, 3L), Path.of("f"), 0, data);
      StoredRows rows = new TensorReader(KERNELS).storedRows(view);
      assertEquals(-1, data.mismatch(rows.whole(workers, arena).segment()));
      StoredRows range = rows.range(100, 400);
      assertEquals(300, range.rows());
      Matrix piece = range.rows(7, 9, arena);
      assertEquals(321, piece.get(0, 0));
      assertEquals(326, piece.get(1, 2));
      assertEquals(piece.get(1, 2), range.whole(workers, arena).get(8, 2));
      data.setAtIndex(ValueLayout.JAVA_FLOAT, 322, Float.NaN);
      assertEquals(
          "f: tensor t holds NaN at [107, 1], weights must be finite",
          assertThrows(AwpException.class, () -> range.rows(7, 9, arena)).getMessage());
    }
  }

  @Test
  void nonFiniteWeightsAreNamed() {
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(2)) {
      MemorySegment data = arena.allocate(12, 4);
      data.setAtIndex(ValueLayout.JAVA_FLOAT, 2, Float.NaN);
      TensorView view = new TensorView("t", DType.F32, List.of(1L, 3L), Path.of("f"), 0, data);
      TensorReader reader = new TensorReader(KERNELS);
      AwpException refusal =
          assertThrows(AwpException.class, () -> reader.finiteMatrix(view, arena, workers));
      assertEquals("f: tensor t holds NaN at [0, 2], weights must be finite", refusal.getMessage());
      TensorView bytes = new TensorView("t", DType.U8, List.of(12L), Path.of("f"), 0, data);
      assertThrows(AwpException.class, () -> reader.matrix(bytes, arena));
      TensorView cube = new TensorView("t", DType.F32, List.of(1L, 3L, 1L), Path.of("f"), 0, data);
      assertThrows(AwpException.class, () -> reader.matrix(cube, arena));
    }
  }

  @Test
  void encodingReturnsWhatWasDecodedAndRefusesOverflow() {
    try (Arena arena = Arena.ofConfined()) {
      TensorEncoder encoder = new TensorEncoder(KERNELS);
      Matrix values = Matrix.copyOf(arena, new float[] {1.5f, -0.25f}, new float[] {0, 65504});
      for (DType dtype : List.of(DType.F32, DType.F16)) {
        MemorySegment bytes = encoder.encode("t", values, dtype, arena);
        TensorView view = new TensorView("t", dtype, List.of(2L, 2L), Path.of("f"), 0, bytes);
        Matrix back = new TensorReader(KERNELS).matrix(view, arena);
        assertEquals(-1, values.segment().mismatch(back.segment()));
      }
      Matrix large = Matrix.copyOf(arena, new float[] {1, -70000});
      AwpException refusal =
          assertThrows(AwpException.class, () -> encoder.encode("t", large, DType.F16, arena));
      assertEquals(
          "tensor t, row 0: a value of magnitude 70000.0 cannot be stored as F16",
          refusal.getMessage());
      Matrix nan = Matrix.copyOf(arena, new float[] {Float.NaN});
      assertThrows(AwpException.class, () -> encoder.encode("t", nan, DType.BF16, arena));
    }
  }
}
