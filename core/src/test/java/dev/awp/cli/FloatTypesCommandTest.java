// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.GgufModels;
import dev.awp.fixture.SyntheticWeights;
import dev.awp.format.registry.CheckpointWeights;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.report.LayerReport;
import dev.awp.report.ReportFile;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code --type}: NVFP4 and MXFP4 as compressed-tensors. */
class FloatTypesCommandTest extends CompressedModel {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  FloatTypesCommandTest() {
    super("out", 96);
  }

  private static JsonNode quantization(Path packed) throws IOException {
    return JSON.readTree(packed.resolve("config.json").toFile()).path("quantization_config");
  }

  private static Map<String, float[][]> layers(Path of) {
    Map<String, float[][]> all = new TreeMap<>();
    try (Checkpoint checkpoint = Checkpoints.open(of);
        Compute compute = Compute.create(1);
        Arena arena = Arena.ofConfined()) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      TensorReader reader = new TensorReader(compute.kernels());
      var weights = CheckpointWeights.of(checkpoint, layout, compute.kernels());
      for (LinearLayer linear : layout.linears()) {
        Matrix matrix = reader.matrix(weights.tensor(linear.weight()), arena);
        all.put(linear.name(), matrix.toArray());
      }
    }
    return all;
  }

  @ParameterizedTest
  @ValueSource(strings = {"NVFP4", "MXFP4"})
  void whatIsReadIsTheDenseFolderOfTheSameRun(String type) throws IOException {
    compress("--format", "compressed-tensors,dense", "--type", type).assertExit(0);
    Path packed = output.resolve("compressed-tensors");
    Path dense = output.resolve("dense");
    Map<String, float[][]> expected = layers(dense);
    Map<String, float[][]> read = layers(packed);
    assertEquals(expected.keySet(), read.keySet());
    expected.forEach((name, rows) -> assertArrayEquals(rows, read.get(name), name));
    for (LayerReport layer : ReportFile.read(output).layers()) {
      assertEquals(type, layer.rule().blocks());
    }
    awp.run("verify", output.toString()).assertExit(0);
    awp.run("inspect", packed.toString()).assertExit(0);
    assertTrue(awp.out().contains(type + " (compressed-tensors)"), awp.out());
    assertFalse(awp.out().contains("weight_packed"), awp.out());
    awp.run("diff", dense.toString(), packed.toString()).assertExit(0);
    awp.run("eval", packed.toString(), text.toString(), "--sequence-length", "32").assertExit(0);
    JsonNode config = quantization(packed);
    String layout = type.toLowerCase(Locale.ROOT) + "-pack-quantized";
    assertEquals(layout, config.path("format").asText());
    JsonNode weights = config.path("config_groups").path("group_0").path("weights");
    assertEquals("float", weights.path("type").asText());
    assertEquals(type.equals("NVFP4") ? 16 : 32, weights.path("group_size").asInt());
    assertEquals(
        type.equals("NVFP4") ? "tensor_group" : "group", weights.path("strategy").asText());
  }

  @Test
  void layersThatReadersFuseShareTheirGlobalScale() {
    compress("--format", "compressed-tensors", "--type", "nvfp4").assertExit(0);
    try (Checkpoint checkpoint = Checkpoints.open(output)) {
      Map<String, Float> scales = new TreeMap<>();
      for (LinearLayer linear : ModelLayout.of(checkpoint.config()).linears()) {
        TensorView view = checkpoint.view(linear.name() + ".weight_global_scale");
        float scale = view.data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0);
        assertEquals(0, Float.floatToIntBits(scale) << 9, "a power of two: " + scale);
        String site = linear.block() + " " + linear.site();
        assertEquals(scale, scales.computeIfAbsent(site, _ -> scale), linear.name());
      }
      assertEquals(8, scales.size());
    }
  }

  @Test
  void rulesMixThemWithIntegers() throws IOException {
    Path recipe =
        Files.writeString(
            folder.resolve("recipe.yaml"),
            """
            type: MXFP4
            format: compressed-tensors
            layers:
            - match: down_proj
              bits: 8
              group-size: 32
              symmetric: true
            - match: o_proj
              type: nvfp4
            """);
    compress("--recipe", recipe.toString()).assertExit(0);
    JsonNode config = quantization(output);
    assertEquals("mixed-precision", config.path("format").asText());
    assertEquals(3, config.path("config_groups").size());
    awp.run("eval", output.toString(), text.toString(), "--sequence-length", "32").assertExit(0);
    awp.run("verify", output.toString()).assertExit(0);
  }

  @Test
  void aHeadOfTheEmbeddingsGetsItsOwn() throws IOException {
    ObjectNode config = (ObjectNode) JSON.readTree(model.resolve("config.json").toFile());
    model = folder.resolve("tied");
    SyntheticWeights.write(
        model, config.put("tie_word_embeddings", true).toString(), DType.BF16, Long.MAX_VALUE);
    compress("--format", "compressed-tensors", "--type", "NVFP4", "--lm-head").assertExit(0);
    assertEquals("lm_head", ReportFile.read(output).layers().getLast().name());
    awp.run("eval", output.toString(), text.toString(), "--sequence-length", "32").assertExit(0);
  }

  @Test
  void llamaCppGetsTheSameNumbers() throws IOException {
    model = folder.resolve("split");
    GgufModels.writeFolder(model, 1, 64, 96);
    compress("--format", "compressed-tensors,gguf", "--type", "NVFP4").assertExit(0);
    awp.run("verify", output.toString()).assertExit(0);
    double packed = perplexity(output.resolve("compressed-tensors"));
    assertEquals(packed, perplexity(output.resolve("gguf").resolve("model.gguf")), 1e-4 * packed);
  }

  private double perplexity(Path of) {
    awp.run("eval", of.toString(), text.toString(), "--sequence-length", "32").assertExit(0);
    return Double.parseDouble(awp.out().replaceFirst("(?s).*perplexity ([0-9.]+).*", "$1"));
  }

  @Test
  void zerosAndNumbersAtOnce() {
    compress("--format", "compressed-tensors", "--type", "NVFP4", "--sparsity", "0.5")
        .assertExit(0);
    awp.run("verify", output.toString()).assertExit(0);
  }

  @Test
  void widthsOfNoWholeGroupsAreRefused() throws IOException {
    model = folder.resolve("narrow");
    new GeneratedCheckpoint(1, 64, 88, 4, 2, DType.BF16).write(model);
    compress("--format", "compressed-tensors", "--type", "NVFP4").assertExit(1);
    awp.assertErr("88 columns are no multiple of the 16 that share a scale of NVFP4");
  }

  @Test
  void whatCannotBeIsMisuse() {
    compress("--type", "NVFP4", "--bits", "4").assertExit(2);
    awp.assertErr("--type says the numbers already");
    compress("--type", "NVFP4", "--target-bits", "4").assertExit(2);
    compress("--type", "NVFP4", "--gguf-type", "Q4_0", "--format", "gguf").assertExit(2);
    compress("--type", "Q4_0").assertExit(2);
    awp.assertErr("the types are NVFP4, MXFP4, not Q4_0");
    compress("--type", "NVFP4", "--format", "gptq").assertExit(2);
    awp.assertErr("NVFP4 cannot be written as gptq");
  }

  @Test
  void brokenTensorsAreOneSentence() throws IOException {
    compress("--format", "compressed-tensors", "--type", "MXFP4").assertExit(0);
    Path file = output.resolve("model.safetensors");
    String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
    Files.writeString(
        file,
        bytes.replace("up_proj.weight_scale\"", "up_proj.weight_scalE\""),
        StandardCharsets.ISO_8859_1);
    awp.run("eval", output.toString(), text.toString(), "--sequence-length", "32").assertExit(1);
    awp.assertErr("model.layers.0.mlp.up_proj.weight_packed has no weight_scale beside it");
  }
}
