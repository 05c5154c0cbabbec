// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/**
 * What a key means that config.json leaves out: the defaults of transformers' configuration classes
 * (models/.../configuration_*.py) where they differ from those of LLaMA. A key that is there with
 * the value null stays null.
 */
final class ConfigDefaults {
  private static final JsonMapper JSON = new JsonMapper();

  private static final String GEMMA3 =
      """
      {"vocab_size": 262208, "hidden_size": 2304, "intermediate_size": 9216,
       "num_hidden_layers": 26, "num_attention_heads": 8, "num_key_value_heads": 4,
       "head_dim": 256, "hidden_activation": "gelu_pytorch_tanh",
       "max_position_embeddings": 131072, "rms_norm_eps": 1e-6, "tie_word_embeddings": true,
       "rope_theta": 1000000.0, "rope_local_base_freq": 10000.0, "query_pre_attn_scalar": 256,
       "sliding_window": 4096, "sliding_window_pattern": 6}
      """;

  private static final Map<String, String> OF_ARCHITECTURE =
      Map.of(
          "Phi3ForCausalLM",
          """
          {"rms_norm_eps": 1e-5}
          """,
          "Gemma2ForCausalLM",
          """
          {"head_dim": 256, "hidden_activation": "gelu_pytorch_tanh",
           "max_position_embeddings": 8192, "tie_word_embeddings": true,
           "query_pre_attn_scalar": 256, "sliding_window": 4096,
           "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0}
          """,
          "Gemma3ForCausalLM",
          GEMMA3,
          "Gemma3ForConditionalGeneration",
          GEMMA3,
          "MixtralForCausalLM",
          """
          {"rms_norm_eps": 1e-5, "rope_theta": 1000000.0, "num_local_experts": 8,
           "num_experts_per_tok": 2}
          """,
          "Qwen2MoeForCausalLM",
          """
          {"qkv_bias": true, "num_experts": 60, "num_experts_per_tok": 4,
           "moe_intermediate_size": 1408, "shared_expert_intermediate_size": 5632,
           "decoder_sparse_step": 1}
          """,
          "Qwen3MoeForCausalLM",
          """
          {"num_experts": 128, "num_experts_per_tok": 8, "moe_intermediate_size": 768,
           "decoder_sparse_step": 1}
          """,
          "Qwen2ForCausalLM",
          """
          {"qkv_bias": true}
          """);

  private ConfigDefaults() {}

  /** The same object with the defaults of an architecture under the keys that it lacks. */
  static JsonNode complete(JsonNode given, String architecture) {
    try {
      String text = OF_ARCHITECTURE.getOrDefault(architecture, "{}");
      ObjectNode defaults = (ObjectNode) JSON.readTree(text);
      return defaults.setAll((ObjectNode) given);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
