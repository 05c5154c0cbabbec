// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.config.Architecture;
import dev.awp.config.ModelConfig;
import dev.awp.config.architecture.Architectures;
import dev.awp.rope.LongRopeScaling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every key of config.json is read, harmless, told or refused. */
class KeyReviewTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** What some class computes otherwise, and the rest of the settings that it would stand in. */
  private static final List<String> CHANGES =
      List.of(
          "\"use_bidirectional_attention\":true",
          "\"is_causal\":false",
          "\"attn_logit_softcapping\":30.0",
          "\"final_logit_softcapping\":30.0",
          "\"query_pre_attn_scalar\":64",
          "\"attention_multiplier\":0.5",
          "\"embedding_multiplier\":12",
          "\"residual_multiplier\":0.22",
          "\"logits_scaling\":8.0",
          "\"logit_scale\":0.0625",
          "\"partial_rotary_factor\":0.5",
          "\"rope_local_base_freq\":10000.0",
          "\"rope_interleaved\":true",
          "\"no_rope_layers\":[1,0]",
          "\"use_qk_norm\":true",
          "\"clip_qkv\":8.0",
          "\"alibi\":true",
          "\"use_parallel_residual\":true",
          "\"attention_chunk_size\":8192",
          "\"lm_head_bias\":true",
          "\"per_layer_config\":{\"1\":{\"num_attention_heads\":1}}",
          "\"swiglu_limit\":7.0",
          "\"n_shared_experts\":1",
          "\"routed_scaling_factor\":2.5",
          "\"key_multiplier\":0.5",
          "\"lm_head_multiplier\":0.5",
          "\"mlp_multipliers\":[0.5,0.5]",
          "\"ssm_multipliers\":[1,1,1,1,0.5]",
          "\"position_embedding_type\":\"learned\"",
          "\"layers_block_type\":[\"mamba\",\"attention\"]",
          "\"scoring_func\":\"sigmoid\"",
          "\"mamba_hidden_act\":\"gelu\"",
          "\"moe_latent_size\":8",
          "\"mamba_d_conv\":4",
          "\"first_k_dense_replace\":1",
          "\"num_kv_shared_layers\":1",
          "\"enable_moe_block\":true",
          "\"hidden_size_per_layer_input\":8");

  /** What classes do not say by themselves, or say for large models. */
  private static final Map<String, String> OF_SMALL =
      Map.of(
          "DeepseekV2ForCausalLM", ",\"num_experts_per_tok\":1",
          "GraniteMoeHybridForCausalLM", ",\"mamba_n_heads\":2",
          "NemotronHForCausalLM", ",\"hybrid_override_pattern\":\"M*\"",
          "Qwen3NextForCausalLM", ",\"partial_rotary_factor\":0.5",
          "Qwen3_5ForCausalLM", ",\"partial_rotary_factor\":0.5",
          "Qwen3_5MoeForCausalLM", ",\"partial_rotary_factor\":0.5");

  @TempDir private Path folder;

  static Stream<Arguments> changes() {
    return Architectures.all().stream()
        .flatMap(
            architecture ->
                CHANGES.stream()
                    .filter(change -> !KnownKeys.isRead(architecture, key(change)))
                    .filter(change -> !architecture.idleKeys().contains(key(change)))
                    .map(change -> Arguments.of(architecture.name(), change)));
  }

  private static String key(String change) {
    return change.substring(1, change.indexOf("\":"));
  }

  @ParameterizedTest
  @MethodSource("changes")
  void whatAnArchitectureDoesNotDoIsRefusedByItsKey(String name, String change) throws IOException {
    AwpException refusal = assertThrows(AwpException.class, () -> read(name, "," + change));
    String value = change.substring(change.indexOf("\":") + 2);
    String words = key(change) + " " + value + " is not supported for " + name;
    assertTrue(refusal.getMessage().contains(words), refusal.getMessage());
    ObjectNode neutral = JSON.createObjectNode();
    neutral.putNull(key(change));
    JsonNode first = KnownKeys.neutral(key(change)).stream().findFirst().orElse(null);
    if (first != null) {
      neutral.set(key(change), first);
    }
    String without = neutral.toString();
    assertEquals(
        List.of(), read(name, "," + without.substring(1, without.length() - 1)).warnings());
  }

  @Test
  void gemma3DoesNotCapScoresWhateverIsSaid() throws IOException {
    ModelConfig read = read("Gemma3ForCausalLM", ",\"attn_logit_softcapping\":50.0");
    assertTrue(read.block(0).attention().scores().softCap().isEmpty());
    assertEquals(
        List.of(
            "config.json: Gemma3ForCausalLM does nothing with attn_logit_softcapping 50.0, in"
                + " transformers as here"),
        read.warnings());
    ModelConfig earlier = read("Gemma2ForCausalLM", ",\"attn_logit_softcapping\":20.0");
    assertEquals(20, earlier.block(0).attention().scores().softCap().orElseThrow());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "LlamaForCausalLM|'sliding_window':4|sliding_window 4",
        "LlamaForCausalLM|'made_up':{'a':1}|made_up {'a':1}",
        "MistralForCausalLM|'attention_bias':true|attention_bias true",
        "LlamaForCausalLM|'rope_scaling':{'type':'default','factor':2}|rope_scaling.factor 2",
        "LlamaForCausalLM|'rope_parameters':{'rope_type':'linear','factor':2,'mscale':1}"
            + "|rope_parameters.mscale 1",
      })
  void whatIsUnknownIsTold(String name, String change, String told) throws IOException {
    ModelConfig read = read(name, "," + change.replace((char) 39, (char) 34));
    assertEquals(
        List.of(
            "config.json: awp leaves out %s, for it knows no such keys of %s"
                .formatted(told.replace((char) 39, (char) 34), name)),
        read.warnings());
  }

  @ParameterizedTest
  @MethodSource("dev.awp.config.architecture.Architectures#all")
  void whatTrainingAndGenerationSayIsNotTold(Architecture architecture) throws IOException {
    String words =
        """
        ,"torch_dtype":"bfloat16","attention_dropout":0.1,"use_cache":true,"bos_token_id":1,
        "eos_token_id":[1,2],"initializer_range":0.02,"transformers_version":"4.57.1",
        "attention_bias":false,"mlp_bias":false,"_name_or_path":"","max_window_layers":28,
        "layer_types":["full_attention","full_attention"],"pretraining_tp":1,"rope_scaling":null
        """;
    assertEquals(List.of(), read(architecture.name(), words).warnings());
  }

  @Test
  void biasesThatAnArchitectureDoesNotReadAreNone() throws IOException {
    ModelConfig read = read("Qwen2ForCausalLM", ",\"attention_bias\":true,\"qkv_bias\":false");
    assertTrue(read.block(0).attention().inputBias());
    assertEquals(false, read.block(0).attention().outputBias());
  }

  @Test
  void keysAroundATextModelCountWhereTheyWouldChangeIt() throws IOException {
    String text =
        """
        {"architectures":["LlavaForConditionalGeneration"],"model_type":"llava","%s":true,
         "image_token_index":5,"text_config":{"model_type":"llama","%s":true}}
        """;
    Path file = folder.resolve("config.json");
    Files.writeString(file, text.formatted("projector", "made_up"));
    assertEquals(
        List.of(
            "config.json: awp leaves out made_up true, for it knows no such keys of"
                + " LlamaForCausalLM"),
        ModelConfigReader.read(file).warnings());
    for (boolean inside : new boolean[] {false, true}) {
      String key = "use_bidirectional_attention";
      Files.writeString(
          file, inside ? text.formatted("projector", key) : text.formatted(key, "output_scores"));
      AwpException refusal = assertThrows(AwpException.class, () -> ModelConfigReader.read(file));
      assertTrue(refusal.getMessage().contains(key + " true is not supported for Llama"));
    }
  }

  /** As published: what they have beside would be refused too, were they known. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'architectures':['MambaForCausalLM'],'rope_scaling':{'rope_type':'yarn'}"
            + "|architecture MambaForCausalLM is not supported; these are: LlamaFor",
        "'model_type':'stablelm','partial_rotary_factor':0.25,'hidden_act':'gelu'"
            + "|model_type stablelm is not supported; these are: LlamaFor",
        "'architectures':['XForY'],'text_config':{'model_type':'x_text','rope_scaling':[]}"
            + "|architecture XForY is not supported, with a text model x_text; these are: LlamaFor",
        "'model_type':'x','text_config':{'model_type':'x_text'}"
            + "|model_type x_text is not supported; these are: LlamaFor",
        "'architectures':['LlamaForCausalLM'],'model_type':'gemma2','alibi':true"
            + "|architectures says LlamaForCausalLM, and model_type gemma2 is that of Gemma2For",
      })
  void theArchitectureIsRefusedFirst(String words, String refused) throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(file, "{" + words.replace((char) 39, (char) 34) + "}");
    AwpException refusal = assertThrows(AwpException.class, () -> ModelConfigReader.read(file));
    assertTrue(refusal.getMessage().contains(refused), refusal.getMessage());
  }

  @Test
  void phi3KnowsLongRopeAloneByAnyOfItsNames() throws IOException {
    String lists = "\"short_factor\":[1,2],\"long_factor\":[3,4]";
    for (String type : List.of("longrope", "su", "yarn")) {
      ModelConfig config =
          read("Phi3ForCausalLM", ",\"rope_scaling\":{\"type\":\"%s\",%s}".formatted(type, lists));
      assertInstanceOf(LongRopeScaling.class, config.rotation().scaling().orElseThrow());
    }
    AwpException refusal =
        assertThrows(
            AwpException.class,
            () ->
                read("Phi3ForCausalLM", ",\"rope_scaling\":{\"type\":\"linear\",\"factor\":2.0}"));
    assertTrue(
        refusal.getMessage().contains("rope scaling 'linear' is not supported for Phi3ForCausalLM"),
        refusal.getMessage());
  }

  private ModelConfig read(String name, String more) throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(
        file,
        """
        {"architectures":["%s"],"hidden_size":8,"intermediate_size":8,"num_hidden_layers":2,
         "num_attention_heads":2,"num_key_value_heads":2,"head_dim":4,"vocab_size":4%s}
        """
            .formatted(name, more + OF_SMALL.getOrDefault(name, "")));
    return ModelConfigReader.read(file);
  }
}
