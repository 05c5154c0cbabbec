// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.awp.config.Architecture;
import dev.awp.config.PositionRule;
import dev.awp.config.WindowRule;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * What the keys of config.json mean that transformers' classes know: read by every architecture,
 * part of no function, or part of one. Values of null never count.
 */
final class KnownKeys {
  /** Read for every architecture; what else one reads, it says itself. */
  private static final Set<String> READ =
      Set.of(
          "architectures",
          "model_type",
          "vocab_size",
          "hidden_size",
          "intermediate_size",
          "num_hidden_layers",
          "num_attention_heads",
          "num_key_value_heads",
          "head_dim",
          "hidden_act",
          "max_position_embeddings",
          "rms_norm_eps",
          "tie_word_embeddings",
          "rope_theta",
          "rope_scaling",
          "rope_parameters",
          "original_max_position_embeddings");

  /**
   * Training, generation, tasks, element types, programs and caches; patterns of windows that mean
   * nothing where there is no window.
   */
  private static final Set<String> NO_PART_OF_THE_FUNCTION =
      Set.of(
          """
          _name_or_path _attn_implementation _attn_implementation_autoset _commit_hash
          _experts_implementation attn_implementation auto_map cache_implementation
          chunk_size_feed_forward compression_config dtype finetuning_task fp16 bf16
          gradient_checkpointing is_decoder is_llama_config keys_to_ignore_at_inference
          name_or_path num_logits_to_keep output_attentions output_hidden_states output_scores
          problem_type pruned_heads quantization_config return_dict return_dict_in_generate
          task_specific_params tf_legacy_loss tie_encoder_decoder tokenizer_class torch_dtype
          torchscript transformers_version transformers.js_config unsloth_fixed unsloth_version
          use_bfloat16 use_cache use_flash_attn use_flash_attention_2 model_max_length
          max_sequence_length seq_length cross_attention_hidden_size pretraining_tp
          id2label label2id num_labels classifier_dropout
          attention_dropout attention_probs_dropout_prob attn_pdrop embd_pdrop hidden_dropout
          hidden_dropout_prob initializer_factor initializer_range resid_pdrop dropout
          output_router_logits router_aux_loss_coef router_jitter_noise router_z_loss_coef
          bos_token_id eos_token_id pad_token_id sep_token_id unk_token_id cls_token_id
          mask_token_id decoder_start_token_id bos_token eos_token pad_token
          bad_words_ids begin_suppress_tokens diversity_penalty do_sample early_stopping
          encoder_no_repeat_ngram_size exponential_decay_length_penalty forced_bos_token_id
          forced_eos_token_id length_penalty max_length max_new_tokens min_length
          no_repeat_ngram_size num_beam_groups num_beams num_return_sequences prefix
          remove_invalid_values repetition_penalty suppress_tokens temperature top_k top_p
          typical_p num_nextn_predict_layers num_mtp_layers qk_head_dim
          max_window_layers sliding_window_pattern _sliding_window_pattern
          mamba_chunk_size init_method mamba_ssm_dtype mtp_num_hidden_layers
          mtp_use_dedicated_embeddings mrope_section mrope_interleaved
          chunk_size expand mamba_ssm_cache_dtype mtp_layers_block_type mtp_hybrid_override_pattern
          moe_shared_expert_overlap rescale_prenorm_residual residual_in_fp32 use_mamba_kernels
          time_step_min time_step_max time_step_floor
          """
              .trim()
              .split("\\s+"));

  /**
   * Each a part of what some class of transformers computes, with the values that leave the
   * function of another as it is. In lists every value has to be such a one.
   */
  private static final JsonNode PART_OF_A_FUNCTION =
      parsed(
          """
          {"use_bidirectional_attention": [false, "vision"], "is_causal": [true],
           "is_encoder_decoder": [false], "add_cross_attention": [false],
           "attn_logit_softcapping": [], "final_logit_softcapping": [],
           "query_pre_attn_scalar": [], "attention_multiplier": [], "embedding_multiplier": [1],
           "residual_multiplier": [1], "logits_scaling": [1], "logit_scale": [1],
           "partial_rotary_factor": [1], "rotary_pct": [1], "rope_local_base_freq": [],
           "rope_interleaved": [false], "rope_interleave": [false], "use_mrope": [false],
           "llama_4_scaling_beta": [0], "no_rope_layers": [1], "no_rope_layer_interval": [0],
           "use_qk_norm": [false], "qk_norm": [false], "qk_layernorm": [false], "clip_qkv": [],
           "alibi": [false], "use_alibi": [false], "use_parallel_residual": [false],
           "attention_chunk_size": [], "attn_temperature_tuning": [false], "lm_head_bias": [false], "per_layer_config": [],
           "swiglu_alpha": [], "swiglu_limit": [], "n_shared_experts": [0],
           "lm_head_multiplier": [1], "key_multiplier": [1], "attention_in_multiplier": [1],
           "attention_out_multiplier": [1], "ssm_in_multiplier": [1], "ssm_out_multiplier": [1],
           "ssm_multipliers": [1], "mlp_multipliers": [1], "layers_block_type": ["hybrid"],
           "attn_output_gate": [false], "mamba_hidden_act": ["silu"], "moe_latent_size": [],
           "mamba_n_groups": [], "mamba_d_conv": [], "mamba_dt_limit": [],
           "normalization_function": ["rmsnorm"], "position_embedding_type": ["rope"],
           "routed_scaling_factor": [1], "scoring_func": ["softmax"],
           "first_k_dense_replace": [0], "hidden_size_per_layer_input": [0],
           "num_kv_shared_layers": [0], "enable_moe_block": [false]}
          """);

  /** Of other architectures; a file that has them beside is usual, and these values say nothing. */
  private static final JsonNode OF_OTHERS =
      parsed(
          """
          {"attention_bias": [false], "mlp_bias": [false], "qkv_bias": [false],
           "mamba_proj_bias": [false],
           "use_sliding_window": [false], "layer_types": ["full_attention"]}
          """);

  private KnownKeys() {}

  private static JsonNode parsed(String json) {
    try {
      return JsonMapper.builder().build().readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Whether an architecture's configuration depends on a key. */
  static boolean isRead(Architecture architecture, String key) {
    return READ.contains(key)
        || Stream.of(
                architecture.keys(),
                WindowRule.keys(architecture.windows()),
                PositionRule.keys(architecture.positions()))
            .anyMatch(keys -> keys.contains(key))
        || architecture.experts().filter(rule -> rule.keys().contains(key)).isPresent()
        || architecture.recurrence().filter(rule -> rule.keys().contains(key)).isPresent();
  }

  /** Whether no value of a key changes what a model computes. */
  static boolean isHarmless(String key) {
    return NO_PART_OF_THE_FUNCTION.contains(key);
  }

  /** Whether a key is part of what some class computes. */
  static boolean isPartOfAFunction(String key) {
    return PART_OF_A_FUNCTION.has(key);
  }

  /** Whether a value is one that says nothing. */
  static boolean isNeutral(String key, JsonNode value) {
    if (value.isNull() || value.isMissingNode() || (value.isContainerNode() && value.isEmpty())) {
      return true;
    }
    if (value.isArray()) {
      return StreamSupport.stream(value.spliterator(), false)
          .allMatch(part -> isNeutral(key, part));
    }
    return neutral(key).stream().anyMatch(one -> isEqual(one, value));
  }

  /** The values that say nothing, beside null. */
  static List<JsonNode> neutral(String key) {
    JsonNode values = PART_OF_A_FUNCTION.has(key) ? PART_OF_A_FUNCTION : OF_OTHERS;
    return StreamSupport.stream(values.path(key).spliterator(), false).toList();
  }

  private static boolean isEqual(JsonNode some, JsonNode other) {
    boolean numbers = some.isNumber() && other.isNumber();
    return numbers ? some.doubleValue() == other.doubleValue() : some.equals(other);
  }
}
