// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.config.Activation;
import dev.awp.config.Architecture;
import dev.awp.config.AttentionConfig;
import dev.awp.config.ExpertConfig;
import dev.awp.config.GatedDeltaConfig;
import dev.awp.config.Mamba2Config;
import dev.awp.config.ModelConfig;
import dev.awp.config.Recurrence;
import dev.awp.config.architecture.Architectures;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a key means that config.json leaves out, against transformers' classes
 * (scripts/architectures golden).
 */
class ConfigDefaultsTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir private Path folder;

  static List<Architecture> architectures() {
    // The class of DeepSeek-V2 does not say how many experts a token is sent to.
    return Architectures.all().stream()
        .filter(known -> !known.modelType().isEmpty() && !known.modelType().equals("deepseek_v2"))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void textConfigOfNothingIsTransformersDefault(Architecture architecture) throws IOException {
    JsonNode values = golden(architecture).path("values");
    ObjectNode config = JSON.createObjectNode();
    config.putArray("architectures").add("SomethingForConditionalGeneration");
    config.putObject("text_config").put("model_type", architecture.modelType());
    ModelConfig read = read(config);
    assertEquals(architecture, read.architecture());
    assertSame(values, read);
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void whatTransformersWritesIsReadWithoutAWord(Architecture architecture) throws IOException {
    JsonNode golden = golden(architecture);
    ModelConfig read = read(golden.path("written"));
    assertEquals(List.of(), read.warnings());
    assertSame(golden.path("values"), read);
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void sizesAloneAreEnough(Architecture architecture) throws IOException {
    JsonNode golden = golden(architecture);
    ObjectNode config = JSON.createObjectNode();
    config.putArray("architectures").add(architecture.name());
    for (String size :
        List.of(
            "vocab_size",
            "hidden_size",
            "intermediate_size",
            "num_hidden_layers",
            "num_attention_heads")) {
      config.set(size, golden.path("values").path(size));
    }
    assertSame(golden.path("values"), read(config));
  }

  private static void assertSame(JsonNode values, ModelConfig read) {
    assertEquals(values.path("vocab_size").intValue(), read.vocabularySize());
    assertEquals(values.path("hidden_size").intValue(), read.hiddenSize());
    int width = values.path("intermediate_size").intValue();
    assertEquals(
        values.path("intermediate_size_mlp").asInt(width), read.mlp().orElseThrow().width());
    assertEquals(values.path("num_hidden_layers").intValue(), read.layers());
    assertEquals(values.path("max_position_embeddings").intValue(), read.maxPositions());
    String epsilon = values.has("rms_norm_eps") ? "rms_norm_eps" : "layer_norm_eps";
    assertEquals(values.path(epsilon).floatValue(), read.normEpsilon());
    assertEquals(
        (float) values.path("logit_scale").asDouble(1), read.multipliers().logits(), "logit_scale");
    assertEquals(values.path("tie_word_embeddings").booleanValue(), read.tieWordEmbeddings());
    assertEquals(values.path("rope_theta").doubleValue(), read.rotation().theta());
    assertEquals(
        values.path("rope_theta_sliding").doubleValue(),
        read.localRotation().map(local -> local.theta()).orElse(0.0));
    assertEquals(
        values.path("sliding_window").asInt(0), read.slidingWindow().orElse(0), "sliding_window");
    assertEquals(
        values.path("activation").asText().equals("silu"),
        read.mlp().orElseThrow().activation() == Activation.SILU);
    assertEquals(
        values.path("final_logit_softcapping").asDouble(0),
        read.logitSoftCap().orElse(0f).doubleValue());
    assertEquals(values.path("mlp_bias").asBoolean(), read.mlp().orElseThrow().bias());
    assertEquals(values.has("num_experts"), read.experts().isPresent());
    read.experts().ifPresent(experts -> assertSame(values, experts));
    assertTrue(read.attention().isPresent() || read.recurrence().isPresent());
    read.attention().ifPresent(attention -> assertSame(values, attention, read.architecture()));
    read.recurrence().ifPresent(recurrence -> assertSame(values, recurrence));
  }

  private static void assertSame(
      JsonNode values, AttentionConfig attention, Architecture architecture) {
    assertEquals(values.path("num_attention_heads").intValue(), attention.heads());
    assertEquals(values.path("num_key_value_heads").intValue(), attention.keyValueHeads());
    assertEquals(values.path("head_dim").intValue(), attention.headDimension());
    assertEquals(
        architecture.keys().contains("attention_multiplier") || !architecture.scalesScores()
            ? 1
            : values.path("query_pre_attn_scalar").asDouble(attention.headDimension()),
        attention.scores().divisor());
    boolean caps = architecture.idleKeys().isEmpty();
    assertEquals(
        caps ? values.path("attn_logit_softcapping").asDouble(0) : 0,
        attention.scores().softCap().orElse(0f).doubleValue());
    boolean biased = architecture.defaults().contains("qkv_bias");
    assertEquals(biased || values.path("attention_bias").asBoolean(), attention.inputBias());
    assertEquals(
        values.path("attention_bias").asBoolean() && architecture.outputBias(),
        attention.outputBias());
  }

  private static void assertSame(JsonNode values, Recurrence recurrence) {
    List<Integer> sizes =
        switch (recurrence) {
          case Mamba2Config mamba -> {
            assertEquals(Float.POSITIVE_INFINITY, mamba.largestStep());
            yield List.of(
                mamba.heads(),
                mamba.headDimension(),
                mamba.groups(),
                mamba.stateSize(),
                mamba.kernel());
          }
          case GatedDeltaConfig delta ->
              List.of(
                  delta.keyHeads(),
                  delta.heads(),
                  delta.keyDimension(),
                  delta.valueDimension(),
                  delta.kernel());
        };
    String kind = recurrence instanceof Mamba2Config ? "mamba" : "delta";
    assertEquals(values.path(kind).toString(), sizes.toString().replace(" ", ""));
  }

  private static void assertSame(JsonNode values, ExpertConfig experts) {
    assertEquals(values.path("num_experts").intValue(), experts.count());
    assertEquals(values.path("num_experts_per_tok").intValue(), experts.perToken());
    assertEquals(
        values.path("moe_intermediate_size").asInt(values.path("intermediate_size").intValue()),
        experts.width());
    assertEquals(
        values.path("shared_expert_intermediate_size").asInt(0), experts.sharedWidth().orElse(0));
    assertEquals(values.path("norm_topk_prob").asBoolean(true), experts.routing().normalized());
  }

  private ModelConfig read(JsonNode config) throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(file, config.toString());
    return ModelConfigReader.read(file);
  }

  private static JsonNode golden(Architecture architecture) throws IOException {
    try (InputStream content =
        ConfigDefaultsTest.class.getResourceAsStream("golden-defaults.json")) {
      JsonNode golden = JSON.readTree(content).path(architecture.modelType());
      assertFalse(golden.isMissingNode(), architecture.modelType());
      return golden;
    }
  }
}
