// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.config.ModelConfig;
import dev.awp.config.TensorNames;
import dev.awp.fixture.GgufModels;
import dev.awp.fixture.LlamaCppArchitectures;
import dev.awp.gguf.GgufValue;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.file.GgufFile;
import dev.awp.gguf.file.GgufPlan;
import dev.awp.gguf.file.GgufTensor;
import dev.awp.gguf.file.GgufWriter;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import dev.awp.text.Tokenizers;
import dev.awp.tokenizer.Tokenizer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** GGUF files as models: what a folder says and what the file made of it says are the same. */
class GgufCheckpointTest {
  private final Compute compute = Compute.create(1);

  @TempDir private Path folder;

  @AfterEach
  void close() {
    compute.close();
  }

  private Path model(String goldenCase) throws IOException {
    Path model = folder.resolve("model");
    GgufModels.writeFolder(model, goldenCase, DType.F32);
    return model;
  }

  @ParameterizedTest
  @FieldSource("dev.awp.fixture.LlamaCppArchitectures#ALL")
  void aModelComesBackFromItsFile(String goldenCase) throws IOException {
    Path original = model(goldenCase);
    Path file = GgufModels.convert(original, folder.resolve("gguf"), compute);
    try (Checkpoint expected = Checkpoints.open(original);
        Checkpoint actual = Checkpoints.open(file)) {
      assertSameConfig(expected.config(), actual.config());
      for (StoredTensor tensor : expected.tensors()) {
        assertEquals(tensor.shape(), actual.tensor(tensor.name()).shape(), tensor.name());
        assertArrayEquals(
            values(tensor), values(actual.tensor(tensor.name())), 1e-6f, tensor.name());
      }
      assertEquals(expected.tensors().size(), actual.tensors().size());
      assertEquals(List.of(), actual.warnings());
    }
  }

  /** But for where they were read, and how LLaMA 3's rope scaling is put. */
  private static void assertSameConfig(ModelConfig expected, ModelConfig actual) {
    assertEquals(expected.architecture(), actual.architecture());
    assertEquals(expected.names(), actual.names());
    assertEquals(expected.hiddenSize(), actual.hiddenSize());
    assertEquals(expected.vocabularySize(), actual.vocabularySize());
    assertEquals(expected.maxPositions(), actual.maxPositions());
    assertEquals(expected.normEpsilon(), actual.normEpsilon());
    assertEquals(expected.tieWordEmbeddings(), actual.tieWordEmbeddings());
    assertEquals(expected.multipliers(), actual.multipliers());
    assertEquals(expected.logitSoftCap(), actual.logitSoftCap());
    assertEquals(expected.rotation(), actual.rotation());
    assertEquals(expected.localRotation(), actual.localRotation());
    assertEquals(expected.blocks(), actual.blocks());
  }

  private float[] values(StoredTensor tensor) {
    try (Arena arena = Arena.ofConfined()) {
      return new TensorReader(compute.kernels())
          .matrix(tensor, arena)
          .segment()
          .toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  @Test
  void theFilesThatItIsWrittenOutAsGoWithIt() throws IOException {
    Path file = GgufModels.convert(model("qwen2"), folder.resolve("gguf"), compute);
    Path written;
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      written = checkpoint.companions();
      assertTrue(Files.exists(written.resolve("tokenizer.json")));
      assertEquals(Set.of(file), checkpoint.files());
    }
    assertFalse(Files.exists(written));
  }

  @Test
  void textHasTheSameTokensByTheFile() throws IOException {
    Path original = model("qwen2");
    Path file = GgufModels.convert(original, folder.resolve("gguf"), compute);
    String text = "It's 12 o'clock,\n\n  and <s>all</s> is w\u00e9ll \ud83d\ude42";
    try (Checkpoint checkpoint = Checkpoints.open(file);
        Tokenizer expected = Tokenizers.open(original);
        Tokenizer actual = Tokenizers.open(checkpoint.companions())) {
      assertArrayEquals(expected.encode(text), actual.encode(text));
    }
  }

  @Test
  void aFolderWithOneFileIsAModelToo() throws IOException {
    Path file = GgufModels.convert(model("qwen3"), folder.resolve("gguf"), compute);
    try (Checkpoint checkpoint = Checkpoints.open(file.getParent())) {
      assertTrue(checkpoint.contains(checkpoint.config().names().embedding()));
    }
  }

  @Test
  void aSplitModelIsReadByAnyOfItsFiles() throws IOException {
    Path file = GgufModels.convert(model("qwen2"), folder.resolve("gguf"), compute);
    List<Path> parts = split(GgufFile.read(file), folder.resolve("parts"));
    try (Checkpoint whole = Checkpoints.open(file);
        Checkpoint split = Checkpoints.open(parts.getLast())) {
      assertSameConfig(whole.config(), split.config());
      for (StoredTensor tensor : whole.tensors()) {
        assertArrayEquals(values(tensor), values(split.tensor(tensor.name())), tensor.name());
      }
    }
    Files.delete(parts.getFirst());
    AwpException missing =
        assertThrows(AwpException.class, () -> Checkpoints.open(parts.getLast()));
    assertEquals(parts.getFirst() + ": is missing, the model has 2 files", missing.getMessage());
  }

  /** Two files, the second without metadata of the model, as llama.cpp's gguf-split makes them. */
  private static List<Path> split(GgufFile file, Path into) throws IOException {
    Files.createDirectories(into);
    List<Path> parts = new ArrayList<>();
    int half = file.tensors().size() / 2;
    for (int part = 0; part < 2; part++) {
      Map<String, GgufValue> metadata = new LinkedHashMap<>(part == 0 ? file.metadata() : Map.of());
      metadata.put("split.no", new GgufValue.Whole(GgufValue.Kind.U16, part));
      metadata.put("split.count", new GgufValue.Whole(GgufValue.Kind.U16, 2));
      List<GgufTensor> tensors =
          part == 0
              ? file.tensors().subList(0, half)
              : file.tensors().subList(half, file.tensors().size());
      Path path = into.resolve("model-0000%d-of-00002.gguf".formatted(part + 1));
      write(file, metadata, tensors, path);
      parts.add(path);
    }
    return parts;
  }

  private static void write(
      GgufFile from, Map<String, GgufValue> metadata, List<GgufTensor> tensors, Path path) {
    GgufPlan plan =
        GgufPlan.of(
            metadata,
            tensors.stream()
                .map(t -> new GgufPlan.Wanted(t.name(), t.type().orElseThrow(), t.shape()))
                .toList());
    try (GgufWriter writer = GgufWriter.create(path, plan, plan.tensors());
        Arena arena = Arena.ofConfined()) {
      tensors.forEach(tensor -> writer.write(tensor.name(), from.view(tensor, arena).data()));
      writer.finish();
    }
  }

  @Test
  void blocksWithRecurrencesAreThoseThatTheFileNames() throws IOException {
    Path granite = GgufModels.convert(model("granite-hybrid"), folder.resolve("gguf"), compute);
    assertRefused(
        granite,
        "granitehybrid.attention.head_count_kv",
        Optional.of(GgufValue.wholes(new int[] {0, 0, 0})),
        "the metadata key granitehybrid.attention.head_count_kv must be 0 or one number, which is"
            + " that of blocks with attention, it is [0, 0, 0]");
    assertRefused(
        granite,
        "granitehybrid.ssm.time_step_rank",
        Optional.of(GgufValue.of(0)),
        "the metadata key granitehybrid.ssm.time_step_rank is 0");
  }

  @Test
  void blocksOfOneSublayerAreThoseThatTheFileNames() throws IOException {
    Path nemotron = GgufModels.convert(model("nemotron-h"), folder.resolve("gguf"), compute);
    Map<String, GgufValue> metadata = GgufFile.read(nemotron).metadata();
    assertEquals(
        GgufValue.wholes(new int[] {0, 2, 0, 0}),
        metadata.get("nemotron_h.attention.head_count_kv"));
    assertEquals(
        GgufValue.wholes(new int[] {0, 0, 44, 0}), metadata.get("nemotron_h.feed_forward_length"));
    assertRefused(
        nemotron,
        "nemotron_h.feed_forward_length",
        Optional.of(GgufValue.wholes(new int[] {0, 0, 44, 64})),
        "the metadata key nemotron_h.feed_forward_length must be 0 or one number, which is that of"
            + " blocks with feed-forward layers, it is [0, 0, 44, 64]");
    assertRefused(
        nemotron,
        "nemotron_h.attention.head_count_kv",
        Optional.empty(),
        "the metadata key nemotron_h.attention.head_count_kv is missing");
    assertRefused(
        nemotron,
        "nemotron_h.expert_count",
        Optional.of(GgufValue.of(8)),
        "architecture nemotron_h with experts is not supported; these are: llama, mistral3, qwen2,"
            + " qwen3, phi3, smollm3, granite, falcon-h1, nemotron_h, olmo2, glm4, exaone4,"
            + " command-r, cohere2, gemma, gemma2, gemma3, gemma4, granitemoe, granitehybrid,"
            + " llama4, gpt-oss, deepseek2, qwen2moe, qwen3moe, qwen3next, qwen35, qwen35moe, deci,"
            + " nemotron_h_moe");
  }

  @Test
  void expertsBehindASmallerVectorAreRefused() throws IOException {
    Path nemotron =
        GgufModels.convert(model("nemotron-h-experts"), folder.resolve("gguf"), compute);
    assertRefused(
        nemotron,
        "nemotron_h_moe.moe_latent_size",
        Optional.of(GgufValue.of(32)),
        "the metadata key nemotron_h_moe.moe_latent_size is 32, awp knows no experts behind a"
            + " smaller vector");
  }

  @Test
  void blocksWithDeltaNetsAreListedOrAtEqualDistances() throws IOException {
    Path qwen = GgufModels.convert(model("qwen3.5"), folder.resolve("gguf"), compute);
    Map<String, GgufValue> metadata = GgufFile.read(qwen).metadata();
    assertEquals(
        GgufValue.flags(List.of(true, true, true, false)),
        metadata.get("qwen35.attention.recurrent_layers"));
    assertEquals(GgufValue.of(4), metadata.get("qwen35.full_attention_interval"));
    Path older = changed(qwen, "qwen35.attention.recurrent_layers", Optional.empty());
    try (Checkpoint expected = Checkpoints.open(qwen);
        Checkpoint actual = Checkpoints.open(older)) {
      assertSameConfig(expected.config(), actual.config());
    }
    assertRefused(
        qwen,
        "qwen35.attention.recurrent_layers",
        Optional.of(GgufValue.flags(List.of(true))),
        "the metadata key qwen35.attention.recurrent_layers lists 1 of 4 blocks");
    assertRefused(
        qwen,
        "qwen35.attention.layer_norm_rms_epsilon",
        Optional.of(GgufValue.of(1e-5f)),
        "the metadata key qwen35.attention.layer_norm_rms_epsilon is 1.0E-5: llama.cpp norms keys"
            + " of delta nets with it, awp with 1e-6 as transformers does");
  }

  @Test
  void blocksBehindTheLastOneAreLeftOut() throws IOException {
    Path qwen = GgufModels.convert(model("qwen3.5-interval"), folder.resolve("gguf"), compute);
    String behind = "qwen35.nextn_predict_layers";
    Path more = changed(qwen, behind, Optional.of(GgufValue.of(1)));
    Path again = GgufModels.convert(more, folder.resolve("again"), compute);
    Map<String, GgufValue> metadata = GgufFile.read(again).metadata();
    assertEquals(GgufValue.of(3), metadata.get("qwen35.block_count"));
    assertFalse(metadata.containsKey(behind));
  }

  @Test
  void queriesToGatesInOneTensorAreReadToo() throws IOException {
    Path original = model("qwen3-next");
    GgufFile file = GgufFile.read(GgufModels.convert(original, folder.resolve("gguf"), compute));
    Path older = folder.resolve("older.gguf");
    try (Checkpoint expected = Checkpoints.open(original);
        Arena arena = Arena.ofConfined()) {
      Map<GgufPlan.Wanted, MemorySegment> wanted = new LinkedHashMap<>();
      for (GgufTensor tensor : file.tensors()) {
        if (tensor.name().endsWith(".attn_qkv.weight")) {
          String block = tensor.name().replaceAll("\\D", "");
          TensorView whole =
              expected.view("model.layers." + block + ".linear_attn.in_proj_qkvz.weight");
          String name = tensor.name().replace("attn_qkv", "ssm_in");
          wanted.put(new GgufPlan.Wanted(name, BlockType.F32, whole.shape()), whole.data());
        } else if (!tensor.name().endsWith(".attn_gate.weight")) {
          wanted.put(
              new GgufPlan.Wanted(tensor.name(), tensor.type().orElseThrow(), tensor.shape()),
              file.view(tensor, arena).data());
        }
      }
      GgufPlan plan = GgufPlan.of(file.metadata(), List.copyOf(wanted.keySet()));
      try (GgufWriter writer = GgufWriter.create(older, plan, plan.tensors())) {
        wanted.forEach((tensor, bytes) -> writer.write(tensor.name(), bytes));
        writer.finish();
      }
      try (Checkpoint actual = Checkpoints.open(older)) {
        assertEquals(List.of(), actual.warnings());
        for (StoredTensor tensor : expected.tensors()) {
          assertArrayEquals(
              values(tensor), values(actual.tensor(tensor.name())), 1e-6f, tensor.name());
        }
      }
    }
  }

  @Test
  void gatesAndUpsInOneTensorAreReadToo() throws IOException {
    GgufFile file =
        GgufFile.read(GgufModels.convert(model("gemma4-moe"), folder.resolve("gguf"), compute));
    Path fused = folder.resolve("fused.gguf");
    try (Arena arena = Arena.ofConfined()) {
      Map<GgufPlan.Wanted, MemorySegment> wanted = new LinkedHashMap<>();
      for (GgufTensor tensor : file.tensors()) {
        if (tensor.name().endsWith(".ffn_gate_exps.weight")) {
          String ups = tensor.name().replace("_gate_", "_up_");
          GgufTensor up = file.tensor(ups).orElseThrow();
          long experts = tensor.shape().getFirst();
          long bytes = tensor.byteSize() / experts;
          MemorySegment both = arena.allocate(2 * tensor.byteSize());
          for (int i = 0; i < 2 * experts; i++) {
            MemorySegment half = file.view(i % 2 == 0 ? tensor : up, arena).data();
            MemorySegment.copy(half, i / 2 * bytes, both, i * bytes, bytes);
          }
          String name = tensor.name().replace("_gate_", "_gate_up_");
          List<Long> shape = List.of(experts, 2 * up.shape().get(1), up.shape().getLast());
          wanted.put(new GgufPlan.Wanted(name, BlockType.F32, shape), both);
        } else if (!tensor.name().endsWith(".ffn_up_exps.weight")) {
          wanted.put(
              new GgufPlan.Wanted(tensor.name(), tensor.type().orElseThrow(), tensor.shape()),
              file.view(tensor, arena).data());
        }
      }
      GgufPlan plan = GgufPlan.of(file.metadata(), List.copyOf(wanted.keySet()));
      try (GgufWriter writer = GgufWriter.create(fused, plan, plan.tensors())) {
        wanted.forEach((tensor, bytes) -> writer.write(tensor.name(), bytes));
        writer.finish();
      }
      try (Checkpoint apart = Checkpoints.open(folder.resolve("gguf"));
          Checkpoint actual = Checkpoints.open(fused)) {
        assertEquals(List.of(), actual.warnings());
        assertEquals(apart.byName().keySet(), actual.byName().keySet());
        for (StoredTensor tensor : apart.tensors()) {
          assertArrayEquals(values(tensor), values(actual.tensor(tensor.name())), tensor.name());
        }
      }
    }
  }

  @Test
  void headsOfGemmaFourAreThoseOfItsKindsOfBlocks() throws IOException {
    ObjectNode config = LlamaCppArchitectures.config("gemma4-pattern");
    config.remove("num_global_key_value_heads");
    ObjectNode listed = config.putObject("per_layer_config");
    for (String block : List.of("5", "6")) {
      listed.putObject(block).put("head_dim", 32).put("num_key_value_heads", 4);
    }
    Path original = folder.resolve("model");
    GgufModels.writeFolder(original, config);
    Path gguf = GgufModels.convert(original, folder.resolve("gguf"), compute);
    try (Checkpoint expected = Checkpoints.open(original);
        Checkpoint actual = Checkpoints.open(gguf)) {
      assertSameConfig(expected.config(), actual.config());
      assertEquals(4, actual.config().block(5).attention().keyValueHeads());
    }
    assertRefused(
        gguf,
        "gemma4.attention.head_count_kv",
        Optional.of(GgufValue.wholes(new int[] {2, 2, 2, 2, 2, 4, 2})),
        "the metadata key gemma4.attention.head_count_kv is one of [4, 2] in blocks of one kind,"
            + " awp reads one number");
    Path silent = changed(gguf, "gemma4.final_logit_softcapping", Optional.empty());
    try (Checkpoint capped = Checkpoints.open(silent)) {
      // What its graph takes where a file says nothing.
      assertEquals(Optional.of(30f), capped.config().logitSoftCap());
    }
    assertRefused(
        gguf,
        "gemma4.attention.value_length_swa",
        Optional.of(GgufValue.of(8)),
        "the metadata key gemma4.attention.value_length_swa is 8 where keys have 16, awp reads"
            + " heads of one size");
    assertRefused(
        gguf,
        "gemma4.attention.sliding_window_pattern",
        Optional.empty(),
        "the metadata key gemma4.attention.sliding_window_pattern lists 0 of 7 blocks");
    assertRefused(
        gguf,
        "gemma4.feed_forward_length",
        Optional.of(GgufValue.wholes(new int[] {44, 44, 44, 44, 44, 44, 88})),
        "the metadata key gemma4.feed_forward_length must be one number, and may be twice that in"
            + " the last 0 blocks, it is [44, 44, 44, 44, 44, 44, 88]");
    assertRefused(
        gguf,
        "gemma4.rope.dimension_count_swa",
        Optional.of(GgufValue.of(8)),
        "the metadata key gemma4.rope.dimension_count leaves columns of heads out, awp reads those"
            + " that rotate whole");
  }

  @Test
  void aPartOfALayerThatIsMissingIsNamed() throws IOException {
    Path file = GgufModels.convert(model("qwen3-next"), folder.resolve("gguf"), compute);
    GgufFile gguf = GgufFile.read(file);
    Path changed = folder.resolve("less.gguf");
    write(
        gguf,
        gguf.metadata(),
        gguf.tensors().stream().filter(t -> !t.name().equals("blk.0.attn_gate.weight")).toList(),
        changed);
    AwpException refused = assertThrows(AwpException.class, () -> Checkpoints.open(changed));
    assertEquals(changed + ": tensor blk.0.attn_gate.weight is missing", refused.getMessage());
  }

  private Path changed(Path file, String key, Optional<GgufValue> value) {
    GgufFile gguf = GgufFile.read(file);
    Map<String, GgufValue> metadata = new LinkedHashMap<>(gguf.metadata());
    metadata.remove(key);
    value.ifPresent(wanted -> metadata.put(key, wanted));
    Path changed = folder.resolve("changed.gguf");
    write(gguf, metadata, gguf.tensors(), changed);
    return changed;
  }

  private void assertRefused(Path file, String key, Optional<GgufValue> value, String rule) {
    Path changed = changed(file, key, value);
    AwpException refused = assertThrows(AwpException.class, () -> Checkpoints.open(changed));
    assertEquals(changed + ": " + rule, refused.getMessage());
  }

  @Test
  void whatIsMissingOrUnknownIsNamed() throws IOException {
    Path file = GgufModels.convert(model("qwen2"), folder.resolve("gguf"), compute);
    assertRefused(
        file,
        "general.architecture",
        Optional.of(GgufValue.of("mamba")),
        "architecture mamba is not supported; these are: llama, mistral3, qwen2, qwen3, phi3,"
            + " smollm3, granite, falcon-h1, nemotron_h, olmo2, glm4, exaone4, command-r, cohere2,"
            + " gemma, gemma2, gemma3, gemma4, granitemoe, granitehybrid, llama4, gpt-oss,"
            + " deepseek2,"
            + " qwen2moe, qwen3moe, qwen3next, qwen35, qwen35moe, deci, nemotron_h_moe");
    assertRefused(
        file,
        "qwen2.block_count",
        Optional.empty(),
        "the metadata key qwen2.block_count is missing");
    assertRefused(
        file,
        "qwen2.block_count",
        Optional.of(GgufValue.of("seven")),
        "the metadata key qwen2.block_count must be an integer from 0 to 2147483647, it is"
            + " 'seven'");
    assertRefused(
        file,
        "qwen2.rope.scaling.type",
        Optional.of(GgufValue.of("axial")),
        "rope scaling 'axial' is not supported, only [default, linear, dynamic, llama3, longrope,"
            + " yarn, proportional]");
    assertRefused(
        file,
        "tokenizer.ggml.pre",
        Optional.of(GgufValue.of("something")),
        "the metadata key tokenizer.ggml.pre is 'something', a way of splitting text that awp does"
            + " not know");
    assertRefused(
        file,
        "tokenizer.ggml.tokens",
        Optional.empty(),
        "the metadata key tokenizer.ggml.tokens is missing, the file holds no tokenizer");
  }

  private Path uneven() throws IOException {
    Path model = folder.resolve("uneven");
    GgufModels.writeUneven(model);
    return model;
  }

  @Test
  void blocksOfTheirOwnSizesComeBack() throws IOException {
    Path original = uneven();
    Path file = GgufModels.convert(original, folder.resolve("gguf"), compute);
    assertEquals(GgufValue.of("deci"), GgufFile.read(file).metadata().get("general.architecture"));
    try (Checkpoint expected = Checkpoints.open(original);
        Checkpoint actual = Checkpoints.open(file)) {
      assertSameConfig(expected.config(), actual.config());
      assertEquals(expected.byName().keySet(), actual.byName().keySet());
      for (StoredTensor tensor : expected.tensors()) {
        assertArrayEquals(values(tensor), values(actual.tensor(tensor.name())), tensor.name());
      }
    }
  }

  @Test
  void blocksThatAwpKnowsNothingOfAreNamed() throws IOException {
    Path file = GgufModels.convert(uneven(), folder.resolve("gguf"), compute);
    assertRefused(
        file,
        "deci.feed_forward_length",
        Optional.of(GgufValue.wholes(new int[] {96, 0, 64})),
        "the metadata key deci.feed_forward_length is 0 for block 2, awp reads blocks that have"
            + " feed-forward layers");
    assertRefused(
        file,
        "deci.attention.head_count_kv",
        Optional.of(GgufValue.wholes(new int[] {2, 0, 0})),
        "the metadata key deci.attention.head_count_kv is 0 for block 3, which has query heads:"
            + " awp knows no attention that is one matrix");
    assertRefused(
        file,
        "deci.attention.head_count",
        Optional.of(GgufValue.wholes(new int[] {4, 0})),
        "the metadata key deci.attention.head_count lists 2 of 3 blocks");
    assertRefused(
        file,
        "deci.attention.head_count",
        Optional.empty(),
        "the metadata key deci.attention.head_count is missing");
    assertRefused(
        file,
        "deci.attention.head_count",
        Optional.of(GgufValue.wholes(new int[] {0, 0, 2})),
        "the first block has no attention, whose heads say how wide all heads are");
  }

  /** The file with one tensor more, a vector. */
  private Path withTensor(Path file, String name) {
    long all = GgufFile.read(file).tensor("output_norm.weight").orElseThrow().shape().getFirst();
    return withTensor(file, name, all);
  }

  /** The same of so many entries, which are those of the last norm. */
  private Path withTensor(Path file, String name, long entries) {
    GgufFile gguf = GgufFile.read(file);
    GgufTensor norm = gguf.tensor("output_norm.weight").orElseThrow();
    List<GgufTensor> tensors = new ArrayList<>(gguf.tensors());
    long bytes = entries * Float.BYTES;
    tensors.add(new GgufTensor(name, List.of(entries), BlockType.F32.id(), norm.offset(), bytes));
    Path changed = folder.resolve("more.gguf");
    write(gguf, gguf.metadata(), tensors, changed);
    return changed;
  }

  @Test
  void namesOfTensorsThatNobodyUsesAreTold() throws IOException {
    Path file = GgufModels.convert(model("qwen2"), folder.resolve("gguf"), compute);
    try (Checkpoint checkpoint = Checkpoints.open(withTensor(file, "blk.0.surprise.weight"))) {
      assertEquals(
          List.of("tensors that awp knows no use of are left out: blk.0.surprise.weight"),
          checkpoint.warnings());
      assertTrue(TensorNames.under("").has(checkpoint.tensors().getFirst().name()));
    }
  }

  @Test
  void aWeightIsMultipliedByTheScaleBesideIt() throws IOException {
    Path file = GgufModels.convert(model("qwen2"), folder.resolve("gguf"), compute);
    String weight = "model.layers.0.self_attn.q_proj.weight";
    try (Checkpoint before = Checkpoints.open(file);
        Checkpoint after = Checkpoints.open(withTensor(file, "blk.0.attn_q.scale", 1))) {
      float scale = values(before.tensor("model.norm.weight"))[0];
      float[] expected = values(before.tensor(weight));
      for (int i = 0; i < expected.length; i++) {
        expected[i] *= scale;
      }
      assertArrayEquals(expected, values(after.tensor(weight)));
      assertEquals(List.of(), after.warnings());
    }
  }

  @Test
  void aScaleThatIsNoneIsRefusedAndThatOfInputsTold() throws IOException {
    Path file = GgufModels.convert(model("qwen2"), folder.resolve("gguf"), compute);
    Path several = withTensor(file, "blk.0.attn_q.scale", 3);
    AwpException refused = assertThrows(AwpException.class, () -> Checkpoints.open(several));
    assertEquals(
        several + ": tensor blk.0.attn_q.scale is F32 [3], a weight's scale is F32 [1]",
        refused.getMessage());
    try (Checkpoint inputs = Checkpoints.open(withTensor(file, "blk.0.attn_q.input_scale", 1))) {
      assertEquals(
          List.of("tensors that awp knows no use of are left out: blk.0.attn_q.input_scale"),
          inputs.warnings());
    }
  }

  /** The file with a tensor's values in place of its own: random bytes of another type. */
  private Path withType(Path file, String name, BlockType type, byte[] bytes) {
    GgufFile gguf = GgufFile.read(file);
    List<GgufPlan.Wanted> wanted = new ArrayList<>();
    for (GgufTensor tensor : gguf.tensors()) {
      BlockType kept = tensor.name().equals(name) ? type : tensor.type().orElseThrow();
      wanted.add(new GgufPlan.Wanted(tensor.name(), kept, tensor.shape()));
    }
    GgufPlan plan = GgufPlan.of(gguf.metadata(), wanted);
    Path changed = folder.resolve(type + ".gguf");
    try (GgufWriter writer = GgufWriter.create(changed, plan, plan.tensors());
        Arena arena = Arena.ofConfined()) {
      for (GgufTensor tensor : gguf.tensors()) {
        boolean other = tensor.name().equals(name);
        MemorySegment own = gguf.view(tensor, arena).data();
        writer.write(tensor.name(), other ? MemorySegment.ofArray(bytes) : own);
      }
      writer.finish();
    }
    return changed;
  }

  @Test
  void aTypeThatIsOnlyReadIsReadAndAnyOtherNamed() throws IOException {
    Path file = GgufModels.convert(model("qwen2"), folder.resolve("gguf"), compute);
    String name = "blk.0.ffn_up.weight";
    List<Long> shape = GgufFile.read(file).tensor(name).orElseThrow().shape();
    int columns = Math.toIntExact(shape.getLast());
    byte[] bytes = new byte[Math.toIntExact(shape.getFirst() * BlockType.MXFP4.rowBytes(columns))];
    new Random(1).nextBytes(bytes);
    float[] last = new float[columns];
    int rowBytes = Math.toIntExact(BlockType.MXFP4.rowBytes(columns));
    BlockType.MXFP4
        .reader(columns, columns, compute.kernels())
        .read(
            MemorySegment.ofArray(bytes).asSlice(bytes.length - rowBytes),
            MemorySegment.ofArray(last));
    try (Checkpoint read = Checkpoints.open(withType(file, name, BlockType.MXFP4, bytes))) {
      float[] all = values(read.tensor("model.layers.0.mlp.up_proj.weight"));
      assertArrayEquals(last, Arrays.copyOfRange(all, all.length - columns, all.length));
    }
    byte[] whole = new byte[Math.toIntExact(shape.getFirst() * columns)];
    Path integers = withType(file, name, BlockType.I8, whole);
    AwpException refused = assertThrows(AwpException.class, () -> Checkpoints.open(integers));
    assertEquals(
        integers + ": tensor " + name + " is of type I8, which awp does not decode",
        refused.getMessage());
  }
}
