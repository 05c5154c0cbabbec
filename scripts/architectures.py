# Copyright the awp authors
# SPDX-License-Identifier: Apache-2.0
"""Tiny models of every architecture that awp knows and of every switch of its config.json, computed by transformers.

  architectures.py golden FOLDER [CASE...]   writes golden-CASE.json for GoldenForwardTest: weights by formula, which Java has too
                                     (SyntheticWeights), states and losses by transformers in float64 where it computes in that
  architectures.py gradients FILE    writes derivatives of the last block's weights by autograd, in float64, for GoldenGradientTest
  architectures.py defaults FILE     writes what transformers' classes say where config.json is silent
  architectures.py models FOLDER [CASE...]     writes checkpoints as transformers saves them, with random weights of a seed, and their logits
  architectures.py packed FOLDER     logits of packed models, NAME.packed, that awp has made, by transformers with compressed-tensors,
                                     held against awp's; prints a table
  architectures.py compare FOLDER    holds awp's logits (dev.awp.model.forward.ArchitectureLogits) against them, and prints a table
"""
import json
import math
import pathlib
import re
import shutil
import sys
import tempfile
import zlib

import numpy as np
import torch
import transformers
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import AutoConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

TOLERANCE = 1e-4
STATE_ROWS = [0, 7, 22]

BASE = {
    "hidden_act": "silu", "hidden_size": 24, "intermediate_size": 44, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 6, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
    "vocab_size": 50, "tie_word_embeddings": True,
}
# Those of the classes are beyond such vocabularies.
NO_TOKENS = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": None}
LONGROPE = {"type": "longrope", "short_factor": [1.0, 1.5, 2.5], "long_factor": [2.0, 5.0, 9.0]}
LLAMA = {"architectures": ["LlamaForCausalLM"], "model_type": "llama"}
MISTRAL = {"architectures": ["MistralForCausalLM"], "model_type": "mistral"}
MINISTRAL3 = {"architectures": ["Ministral3ForCausalLM"], "model_type": "ministral3", "rope_parameters": {
    "type": "yarn", "rope_type": "yarn", "rope_theta": 500.0, "factor": 4.0, "original_max_position_embeddings": 5,
    "max_position_embeddings": 64, "beta_fast": 32.0, "beta_slow": 1.0, "mscale": 1.0, "mscale_all_dim": 1.0,
    "llama_4_scaling_beta": 0.3}}
QWEN2 = {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2"}
QWEN3 = {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "head_dim": 8}
PHI3 = {"architectures": ["Phi3ForCausalLM"], "model_type": "phi3"}
SMOLLM3 = {"architectures": ["SmolLM3ForCausalLM"], "model_type": "smollm3", "num_hidden_layers": 4}
GRANITE = {"architectures": ["GraniteForCausalLM"], "model_type": "granite", "attention_multiplier": 0.3,
           "embedding_multiplier": 5.0, "residual_multiplier": 0.4, "logits_scaling": 3.0}
OLMO2 = {"architectures": ["Olmo2ForCausalLM"], "model_type": "olmo2", "tie_word_embeddings": False}
OLMO3 = {"architectures": ["Olmo3ForCausalLM"], "model_type": "olmo3", "tie_word_embeddings": False, "sliding_window": 5,
         "num_hidden_layers": 4}
GLM4 = {"architectures": ["Glm4ForCausalLM"], "model_type": "glm4", "head_dim": 8, "tie_word_embeddings": False}
EXAONE4 = {"architectures": ["Exaone4ForCausalLM"], "model_type": "exaone4", "num_hidden_layers": 4, "sliding_window": 5}
COHERE = {"architectures": ["CohereForCausalLM"], "model_type": "cohere", "layer_norm_eps": 1e-5, "logit_scale": 0.25}
COHERE2 = {"architectures": ["Cohere2ForCausalLM"], "model_type": "cohere2", "layer_norm_eps": 1e-5, "logit_scale": 0.25,
           "num_hidden_layers": 4, "sliding_window": 5, "sliding_window_pattern": 4}
GEMMA = {"architectures": ["GemmaForCausalLM"], "model_type": "gemma", "head_dim": 8, "hidden_act": "gelu_pytorch_tanh"}
# Caps small enough to bend the scores.
GEMMA2 = {"architectures": ["Gemma2ForCausalLM"], "model_type": "gemma2", "head_dim": 8, "hidden_act": "silu",
          "hidden_activation": "gelu_pytorch_tanh", "query_pre_attn_scalar": 10, "sliding_window": 6, "num_hidden_layers": 3,
          "attn_logit_softcapping": 3.0, "final_logit_softcapping": 4.0}
GEMMA3 = {"architectures": ["Gemma3ForCausalLM"], "model_type": "gemma3_text", "head_dim": 8,
          "hidden_activation": "gelu_pytorch_tanh", "query_pre_attn_scalar": 10, "sliding_window": 6,
          "sliding_window_pattern": 3, "num_hidden_layers": 4, "rope_theta": 5000.0, "rope_local_base_freq": 100.0,
          "rope_scaling": {"rope_type": "linear", "factor": 4.0}}
# The kinds of heads differ in all of it; the last block is global, whatever the pattern.
GEMMA4 = {"architectures": ["Gemma4ForCausalLM"], "model_type": "gemma4_text", "head_dim": 8, "global_head_dim": 16,
          "hidden_activation": "gelu_pytorch_tanh", "sliding_window": 6, "num_hidden_layers": 4,
          "layer_types": ["sliding_attention", "full_attention", "sliding_attention", "full_attention"],
          "hidden_size_per_layer_input": 0, "rope_parameters": {
              "sliding_attention": {"rope_type": "default", "rope_theta": 100.0},
              "full_attention": {"rope_type": "proportional", "partial_rotary_factor": 0.5, "rope_theta": 1000.0}}}
MIXTRAL = {"architectures": ["MixtralForCausalLM"], "model_type": "mixtral", "num_local_experts": 5, "num_experts_per_tok": 2,
           "sliding_window": None}
GRANITE_MOE = {"architectures": ["GraniteMoeForCausalLM"], "model_type": "granitemoe", "attention_multiplier": 0.3,
               "embedding_multiplier": 5.0, "residual_multiplier": 0.4, "logits_scaling": 3.0, "num_local_experts": 5,
               "num_experts_per_tok": 2}
GRANITE_HYBRID = {"architectures": ["GraniteMoeHybridForCausalLM"], "model_type": "granitemoehybrid", "attention_multiplier": 0.3,
                  "embedding_multiplier": 5.0, "residual_multiplier": 0.4, "logits_scaling": 3.0, "num_local_experts": 5,
                  "num_experts_per_tok": 2, "shared_intermediate_size": 28, "num_hidden_layers": 3, "mamba_n_heads": 8,
                  "mamba_d_head": 6, "mamba_n_groups": 2, "mamba_d_state": 5, "mamba_d_conv": 4, "mamba_expand": 2,
                  "mamba_chunk_size": 8, "mamba_conv_bias": True, "mamba_proj_bias": False,
                  "position_embedding_type": "nope", "layer_types": ["mamba", "attention", "mamba"]}
FALCON_H1 = {"architectures": ["FalconH1ForCausalLM"], "model_type": "falcon_h1", "mamba_d_ssm": 32, "mamba_n_heads": 4,
             "mamba_d_head": 8, "mamba_n_groups": 2, "mamba_d_state": 5, "mamba_d_conv": 4, "mamba_chunk_size": 8,
             "mamba_rms_norm": False, "mamba_norm_before_gate": False, "embedding_multiplier": 5.0, "lm_head_multiplier": 0.4,
             "key_multiplier": 0.7, "attention_in_multiplier": 0.8, "attention_out_multiplier": 0.6, "ssm_in_multiplier": 1.3,
             "ssm_out_multiplier": 0.5, "ssm_multipliers": [0.7, 1.2, 0.8, 1.5, 0.6], "mlp_multipliers": [0.9, 0.4]}
NEMOTRON_H = {"architectures": ["NemotronHForCausalLM"], "model_type": "nemotron_h", "hybrid_override_pattern": "M*-M",
              "num_hidden_layers": 4, "layer_norm_epsilon": 1e-5, "mamba_num_heads": 6, "mamba_head_dim": 8, "n_groups": 2,
              "ssm_state_size": 5, "conv_kernel": 4, "chunk_size": 8, "tie_word_embeddings": False, "n_routed_experts": 8,
              "num_experts_per_tok": 3, "moe_intermediate_size": 20, "moe_shared_expert_intermediate_size": 28}
GPT_OSS = {"architectures": ["GptOssForCausalLM"], "model_type": "gpt_oss", "num_local_experts": 5, "num_experts_per_tok": 2,
           "sliding_window": 5, "tie_word_embeddings": False, "rope_theta": 500.0, "rope_scaling": {
               "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "beta_fast": 32.0, "beta_slow": 1.0,
               "truncate": False}}
LATENT = {"num_key_value_heads": 4, "head_dim": 4, "kv_lora_rank": 16, "q_lora_rank": 12, "qk_nope_head_dim": 6,
          "qk_rope_head_dim": 4, "v_head_dim": 8, "n_routed_experts": 8, "num_experts_per_tok": 3, "moe_intermediate_size": 20,
          "first_k_dense_replace": 1, "num_hidden_layers": 3}
DEEPSEEK_V2 = {"architectures": ["DeepseekV2ForCausalLM"], "model_type": "deepseek_v2", **LATENT, "n_shared_experts": 2,
               "topk_method": "greedy", "routed_scaling_factor": 1.5}
DEEPSEEK_V3 = {"architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3", **LATENT, "n_shared_experts": 1,
               "n_group": 4, "topk_group": 2, "norm_topk_prob": True, "routed_scaling_factor": 2.5, "rope_scaling": {
                   "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "beta_fast": 32, "beta_slow": 1,
                   "mscale": 1.0, "mscale_all_dim": 1.0}}
LLAMA4 = {"architectures": ["Llama4ForCausalLM"], "model_type": "llama4_text", "num_hidden_layers": 4, "num_local_experts": 5,
          "num_experts_per_tok": 2, "intermediate_size_mlp": 36, "interleave_moe_layer_step": 2, "attention_chunk_size": 6,
          "floor_scale": 4, "attn_scale": 0.3}
QWEN2_MOE = {"architectures": ["Qwen2MoeForCausalLM"], "model_type": "qwen2_moe", "num_experts": 6, "num_experts_per_tok": 3,
             "moe_intermediate_size": 20, "shared_expert_intermediate_size": 28, "norm_topk_prob": False,
             "num_hidden_layers": 3, "mlp_only_layers": [1]}
DELTA = {"head_dim": 8, "num_hidden_layers": 4, "linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 8,
         "linear_value_head_dim": 6, "linear_conv_kernel_dim": 4, "tie_word_embeddings": False}
QWEN3_NEXT = {"architectures": ["Qwen3NextForCausalLM"], "model_type": "qwen3_next", **DELTA, "num_experts": 6,
              "num_experts_per_tok": 2, "moe_intermediate_size": 20, "shared_expert_intermediate_size": 28}
QWEN3_5 = {"architectures": ["Qwen3_5ForCausalLM"], "model_type": "qwen3_5_text", **DELTA}
QWEN3_5_MOE = {"architectures": ["Qwen3_5MoeForCausalLM"], "model_type": "qwen3_5_moe_text", **DELTA, "num_experts": 6,
               "num_experts_per_tok": 2, "moe_intermediate_size": 20, "shared_expert_intermediate_size": 28}
QWEN3_MOE = {"architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "head_dim": 8, "num_experts": 6,
             "num_experts_per_tok": 2, "moe_intermediate_size": 20, "norm_topk_prob": True, "decoder_sparse_step": 2,
             "num_hidden_layers": 3}

# Name: (keys, what they add).
CASES = {
    "llama": (LLAMA, {}),
    "llama-untied-multihead": (LLAMA, {"tie_word_embeddings": False, "num_key_value_heads": 4}),
    "llama-biases": (LLAMA, {"attention_bias": True, "mlp_bias": True}),
    "llama3-scaling": (LLAMA, {"rope_theta": 500.0, "rope_scaling": {
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 32}}),
    "llama-linear": (LLAMA, {"rope_scaling": {"type": "linear", "factor": 2.5}}),
    "llama-yarn": (LLAMA, {"rope_theta": 500.0, "rope_scaling": {
        "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}}),
    "llama-dynamic": (LLAMA, {"max_position_embeddings": 16, "rope_scaling": {"type": "dynamic", "factor": 2.0}}),
    "llama-dynamic-short": (LLAMA, {"rope_scaling": {"type": "dynamic", "factor": 2.0}}),
    "mistral-window": (MISTRAL, {"sliding_window": 5, "head_dim": 10}),
    "ministral3": (MINISTRAL3, {}),
    "ministral3-window": (MINISTRAL3, {"sliding_window": 6, "head_dim": 8, "tie_word_embeddings": False, "rope_parameters": {
        "rope_type": "yarn", "rope_theta": 500.0, "factor": 4.0, "original_max_position_embeddings": 16, "beta_fast": 4.0,
        "beta_slow": 0.5, "mscale": 1.0, "mscale_all_dim": 0.7, "llama_4_scaling_beta": 0.1}}),
    "qwen2": (QWEN2, {"use_sliding_window": False, "sliding_window": 4}),
    "qwen2-some-windows": (QWEN2, {"use_sliding_window": True, "sliding_window": 4, "max_window_layers": 1}),
    "qwen3": (QWEN3, {"rope_parameters": {"rope_type": "default", "rope_theta": 1000.0}}),
    "qwen3-biases-untied": (QWEN3, {"attention_bias": True, "tie_word_embeddings": False, "use_sliding_window": True,
                                    "sliding_window": 5, "layer_types": ["full_attention", "sliding_attention"]}),
    "qwen3-yarn": (QWEN3, {"head_dim": 16, "rope_parameters": {
        "rope_type": "yarn", "rope_theta": 1000.0, "factor": 8.0, "original_max_position_embeddings": 64, "beta_fast": 4.0,
        "beta_slow": 0.5, "truncate": False, "mscale": 0.8, "mscale_all_dim": 0.3}}),
    "phi3": (PHI3, {"sliding_window": 9, "tie_word_embeddings": False}),
    "phi3-longrope-short": (PHI3, {"original_max_position_embeddings": 32, "rope_scaling": LONGROPE}),
    "phi3-longrope-long": (PHI3, {"original_max_position_embeddings": 16, "rope_scaling": LONGROPE}),
    # What files of the first Phi-3 call it.
    "phi3-longrope-as-yarn": (PHI3, {"original_max_position_embeddings": 16, "rope_scaling": {**LONGROPE, "type": "yarn"}}),
    # Phi-4-mini: a part of each head is rotated.
    "phi3-partial": (PHI3, {"head_dim": 8, "hidden_size": 32, "partial_rotary_factor": 0.75}),
    "phi3-partial-longrope": (PHI3, {"head_dim": 8, "hidden_size": 32, "partial_rotary_factor": 0.75,
                                     "original_max_position_embeddings": 16, "rope_scaling": LONGROPE}),
    "smollm3": (SMOLLM3, {}),
    "smollm3-marked": (SMOLLM3, {"no_rope_layers": [0, 1, 1, 0], "attention_bias": True, "mlp_bias": True,
                                 "use_sliding_window": True, "sliding_window": 5,
                                 "layer_types": ["sliding_attention", "full_attention"] * 2}),
    "granite": (GRANITE, {}),
    "granite-biases": (GRANITE, {"attention_bias": True, "mlp_bias": True, "tie_word_embeddings": False}),
    "olmo2": (OLMO2, {}),
    "olmo2-biases": (OLMO2, {"attention_bias": True, "num_key_value_heads": 4, "tie_word_embeddings": True}),
    "olmo3": (OLMO3, {}),
    "olmo3-yarn": (OLMO3, {"rope_theta": 500.0, "rope_scaling": {
        "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "beta_fast": 32.0, "beta_slow": 1.0,
        "attention_factor": 1.2}}),
    "olmo3-some-windows": (OLMO3, {"attention_bias": True, "tie_word_embeddings": True, "num_key_value_heads": 4,
                                   "layer_types": ["full_attention", "sliding_attention"] * 2}),
    "glm4": (GLM4, {"attention_bias": True}),
    "glm4-without-biases": (GLM4, {"attention_bias": False, "partial_rotary_factor": 0.75}),
    "exaone4": (EXAONE4, {"sliding_window": None, "layer_types": ["full_attention"] * 4}),
    "exaone4-windows": (EXAONE4, {"sliding_window_pattern": 2, "tie_word_embeddings": False}),
    "cohere": (COHERE, {}),
    "cohere-normed": (COHERE, {"use_qk_norm": True, "attention_bias": True, "tie_word_embeddings": False}),
    "cohere2": (COHERE2, {}),
    "cohere2-some-windows": (COHERE2, {"attention_bias": True, "layer_types": ["full_attention", "sliding_attention"] * 2}),
    "gemma": (GEMMA, {}),
    "gemma-biases": (GEMMA, {"attention_bias": True, "num_key_value_heads": 1}),
    "gemma2": (GEMMA2, {}),
    "gemma2-without-caps": (GEMMA2, {"attn_logit_softcapping": None, "final_logit_softcapping": None,
                                     "attention_bias": True, "tie_word_embeddings": False}),
    "gemma3": (GEMMA3, {}),
    "gemma3-caps": (GEMMA3, {"attn_logit_softcapping": 3.0, "final_logit_softcapping": 4.0, "rope_scaling": None,
                             "layer_types": ["full_attention", "sliding_attention"] * 2}),
    "gemma4": (GEMMA4, {"attention_k_eq_v": True, "num_global_key_value_heads": 1, "final_logit_softcapping": 4.0,
                        "use_bidirectional_attention": "vision"}),
    "gemma4-pattern": (GEMMA4, {"layer_types": None, "num_hidden_layers": 7, "attention_bias": True,
                                "tie_word_embeddings": False, "num_global_key_value_heads": 1, "rope_parameters": {
                                    "sliding_attention": {"rope_type": "default", "rope_theta": 100.0},
                                    "full_attention": {"rope_type": "proportional", "partial_rotary_factor": 0.3,
                                                       "factor": 2.0, "rope_theta": 1000.0}}}),
    "gemma4-moe": (GEMMA4, {"attention_k_eq_v": True, "enable_moe_block": True, "num_experts": 6, "top_k_experts": 2,
                            "moe_intermediate_size": 20, "layer_types": None, "num_hidden_layers": 2}),
    "gemma4-per-layer": (GEMMA4, {"hidden_size_per_layer_input": 10, "vocab_size_per_layer_input": 50}),
    "gemma4-shared": (GEMMA4, {
        "hidden_size_per_layer_input": 6, "vocab_size_per_layer_input": 310, "num_hidden_layers": 6,
        "num_kv_shared_layers": 3, "use_double_wide_mlp": True, "num_key_value_heads": 1,
        "layer_types": ["sliding_attention", "full_attention", "sliding_attention"] * 2}),
    "mixtral": (MIXTRAL, {}),
    "mixtral-window": (MIXTRAL, {"sliding_window": 5, "tie_word_embeddings": False}),
    "granite-moe": (GRANITE_MOE, {}),
    "granite-moe-biases": (GRANITE_MOE, {"attention_bias": True, "tie_word_embeddings": False, "num_experts_per_tok": 3}),
    "granite-hybrid": (GRANITE_HYBRID, {}),
    "granite-hybrid-dense": (GRANITE_HYBRID, {
        "num_local_experts": 0, "num_experts_per_tok": 0, "position_embedding_type": "rope", "mamba_conv_bias": False,
        "mamba_proj_bias": True, "mamba_d_head": "auto", "mamba_n_groups": 1, "mamba_d_conv": 3, "attention_bias": True,
        "time_step_limit": [0.3, 0.9], "tie_word_embeddings": False,
        "layer_types": ["full_attention", "linear_attention", "linear_attention"]}),
    "falcon-h1": (FALCON_H1, {}),
    "falcon-h1-normed": (FALCON_H1, {
        "mamba_rms_norm": True, "mamba_norm_before_gate": True, "projectors_bias": True, "mamba_conv_bias": False,
        "attention_bias": True, "mlp_bias": True, "tie_word_embeddings": False, "ssm_multipliers": None,
        "mlp_multipliers": None, "key_multiplier": 1.0}),
    "falcon-h1-gated-first": (FALCON_H1, {"mamba_rms_norm": True, "mamba_proj_bias": True, "time_step_limit": [0.3, 0.9]}),
    "nemotron-h": (NEMOTRON_H, {}),
    "nemotron-h-experts": (NEMOTRON_H, {
        "hybrid_override_pattern": None, "layers_block_type": ["attention", "moe", "mamba", "mlp"], "use_bias": True,
        "mlp_bias": True, "use_conv_bias": False, "n_group": 4, "topk_group": 2, "routed_scaling_factor": 2.5}),
    # transformers' class reads the least step of a window under one key, awp under the other as the published code does.
    "nemotron-h-steps": (NEMOTRON_H, {"time_step_min": 0.3, "time_step_limit": [0.3, 1e9]}),
    "gpt-oss": (GPT_OSS, {}),
    "gpt-oss-clamped": (GPT_OSS, {"swiglu_limit": 0.5, "swiglu_alpha": 2.5, "head_dim": 8, "tie_word_embeddings": True,
                                  "layer_types": ["full_attention", "sliding_attention"]}),
    "deepseek-v2": (DEEPSEEK_V2, {"q_lora_rank": None}),
    "deepseek-v2-groups": (DEEPSEEK_V2, {
        "topk_method": "group_limited_greedy", "n_group": 4, "topk_group": 2, "attention_bias": True, "mlp_bias": True,
        "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "mscale": 0.9,
                         "mscale_all_dim": 0.7}}),
    "deepseek-v3": (DEEPSEEK_V3, {}),
    "deepseek-v3-plain": (DEEPSEEK_V3, {
        "rope_scaling": None, "rope_interleave": False, "q_lora_rank": None, "norm_topk_prob": False, "n_group": 1,
        "topk_group": 1, "tie_word_embeddings": False, "first_k_dense_replace": 0, "attention_bias": True}),
    "llama4": (LLAMA4, {}),
    "llama4-listed": (LLAMA4, {
        "tie_word_embeddings": False, "use_qk_norm": False, "no_rope_layers": [1, 0, 1, 1], "moe_layers": [0, 3],
        "attention_bias": True, "num_experts_per_tok": 1,
        "layer_types": ["chunked_attention", "full_attention", "full_attention", "chunked_attention"]}),
    "qwen2-moe": (QWEN2_MOE, {}),
    "qwen2-moe-normalized": (QWEN2_MOE, {"norm_topk_prob": True, "qkv_bias": False, "decoder_sparse_step": 2,
                                         "mlp_only_layers": []}),
    "qwen3-next": (QWEN3_NEXT, {}),
    "qwen3-next-listed": (QWEN3_NEXT, {
        "num_hidden_layers": 3, "layer_types": ["full_attention", "linear_attention", "full_attention"], "attention_bias": True,
        "partial_rotary_factor": 0.5, "tie_word_embeddings": True, "norm_topk_prob": False, "mlp_only_layers": [1],
        "linear_num_key_heads": 3, "linear_num_value_heads": 3, "linear_conv_kernel_dim": 2}),
    "qwen3.5": (QWEN3_5, {}),
    "qwen3.5-interval": (QWEN3_5, {"full_attention_interval": 2, "attention_bias": True, "linear_num_key_heads": 4}),
    "qwen3.5-moe": (QWEN3_5_MOE, {}),
    "qwen3.5-moe-listed": (QWEN3_5_MOE, {
        "num_hidden_layers": 2, "layer_types": ["full_attention", "linear_attention"], "attention_bias": True,
        "partial_rotary_factor": 0.5, "tie_word_embeddings": True, "num_experts_per_tok": 3}),
    "qwen3-moe": (QWEN3_MOE, {}),
    "qwen3-moe-biases": (QWEN3_MOE, {"attention_bias": True, "norm_topk_prob": False, "decoder_sparse_step": 1}),
}


def config_of(case):
    keys, more = CASES[case]
    return {**BASE, **keys, **more}


def tokens_of(config):
    return [(i * i * 7 + i * 3 + 1) % config["vocab_size"] for i in range(23)]


SCALE = re.compile("[._]scal(e|ar)$")


def formula(name, shape):
    """Element i of the tensor: a hash of (i, crc32 of the name), mapped to a float32."""
    n = int(np.prod(shape))
    mask = np.uint64(0xFFFFFFFF)
    x = (np.arange(n, dtype=np.uint64) * np.uint64(2654435761) + np.uint64(zlib.crc32(name.encode()))) & mask
    x ^= x >> np.uint64(16)
    x = (x * np.uint64(0x45D9F3B)) & mask
    x ^= x >> np.uint64(16)
    v = (x >> np.uint64(8)).astype(np.float64) / 2.0**24 - 0.5
    if "norm" in name or SCALE.search(name):
        v = 1.0 + 0.5 * v
    elif name.endswith(".bias"):
        v = 0.5 * v
    else:
        v = 4.0 * v / math.sqrt(shape[-1])
    return torch.from_numpy(v.astype(np.float32).reshape(shape))


def class_of(config):
    return getattr(transformers, config["architectures"][0])


# Those whose published files have the names of modules, where transformers saves others.
NAMED_AS_MODULES = {"qwen3_5_moe_text"}


def write(folder, config, weights):
    """A checkpoint under the names of published files, with other weights: a function of name and shape."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({**NO_TOKENS, **config}))
    settings = AutoConfig.from_pretrained(folder)
    settings.architectures = config["architectures"]
    with tempfile.TemporaryDirectory() as draft:
        model = class_of(config)(settings)
        model.save_pretrained(draft)
        with safe_open(pathlib.Path(draft) / "model.safetensors", "pt") as file:
            shapes = {name: file.get_tensor(name).shape for name in file.keys()}
        if config["model_type"] in NAMED_AS_MODULES:
            tied = model.all_tied_weights_keys
            shapes = {name: tensor.shape for name, tensor in model.state_dict().items() if name not in tied}
        shutil.copy(pathlib.Path(draft) / "config.json", folder / "as-saved.json")
    save_file({name: weights(name, shape) for name, shape in shapes.items()}, folder / "model.safetensors", metadata={"format": "pt"})


def run(folder, config, tokens, dtype):
    """States behind the last block, and logits."""
    model, info = class_of(config).from_pretrained(
        folder, dtype=dtype, attn_implementation="eager", experts_implementation="eager", output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"], info
    states = []
    last = model.model.layers[-1]
    last.register_forward_hook(lambda _, __, out: states.append(out if torch.is_tensor(out) else out[0]))
    with torch.no_grad():
        logits = model.eval()(torch.tensor([tokens]), use_cache=False).logits[0]
    return states[0].reshape(len(tokens), -1).double().numpy(), logits.double().numpy()


def golden(target, *cases):
    for case in cases or CASES:
        config = config_of(case)
        tokens = tokens_of(config)
        with tempfile.TemporaryDirectory() as work:
            write(pathlib.Path(work), config, formula)
            states, logits = run(work, config, tokens, torch.float64)
        shifted = logits - logits.max(axis=-1, keepdims=True)
        logp = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
        targets = tokens[1:] + [0]
        expected = {
            "config": config, "tokens": tokens, "targets": targets,
            "loss": [round(float(-logp[i, t]), 8) for i, t in enumerate(targets)],
            "stateRows": STATE_ROWS,
            "states": [[round(float(v), 7) for v in row] for row in states[STATE_ROWS]],
        }
        lines = ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in expected.items())
        (pathlib.Path(target) / f"golden-{case}.json").write_text("{\n" + lines + "\n}\n")


GRADIENTS = ["llama-biases", "qwen3", "gemma2", "olmo2", "cohere-normed", "glm4", "gemma4", "gemma4-pattern", "gemma4-per-layer",
             "gemma4-shared"]


def gradients(file):
    """Of the sum over rows r and columns c of the states behind the last block times ((7 r + 3 c) mod 11 - 5) / 5: norm and four elements."""
    expected = {}
    for case in GRADIENTS:
        config = config_of(case)
        tokens = tokens_of(config)
        with tempfile.TemporaryDirectory() as work:
            write(pathlib.Path(work), config, formula)
            model = class_of(config).from_pretrained(work, dtype=torch.float64, attn_implementation="eager")
            last = model.model.layers[-1]
            states = []
            last.register_forward_hook(lambda _, __, out: states.append(out if torch.is_tensor(out) else out[0]))
            model.eval()(torch.tensor([tokens]), use_cache=False)
            x = states[0].reshape(len(tokens), -1)
            r, c = torch.meshgrid(*(torch.arange(n) for n in x.shape), indexing="ij")
            (x * (((7 * r + 3 * c) % 11 - 5) / 5.0)).sum().backward()
            of = {}
            for name, weight in last.named_parameters():
                if weight.dim() == 2 and "norm" not in name:
                    flat = weight.grad.flatten()
                    of[name] = [float(flat.norm())] + [float(flat[i * (len(flat) - 1) // 3]) for i in range(4)]
            expected[case] = of
    lines = ",\n".join(f" {json.dumps(case)}: {json.dumps({k: [round(v, 7) for v in vs] for k, vs in of.items()})}" for case, of in expected.items())
    pathlib.Path(file).write_text("{\n" + lines + "\n}\n")


def models(target, *cases):
    for case in cases or CASES:
        # Wider than the golden ones; not where the width says how many rotary factors are listed.
        config = config_of(case)
        if "short_factor" not in (config.get("rope_scaling") or {}):
            config |= {"hidden_size": 64, "intermediate_size": 96}
        config |= {"vocab_size": 300}
        if "vocab_size_per_layer_input" in config:
            config["vocab_size_per_layer_input"] = max(300, config["vocab_size_per_layer_input"])
            # Groups of the packed models fit.
            config["hidden_size_per_layer_input"] = -(-config["hidden_size_per_layer_input"] // 4) * 4
        if isinstance(config.get("mamba_d_head"), int) and "mamba_d_ssm" not in config:
            config["mamba_d_head"] = config["mamba_expand"] * config["hidden_size"] // config["mamba_n_heads"]
        folder = pathlib.Path(target) / case
        generator = torch.Generator().manual_seed(zlib.crc32(case.encode()))

        def weights(name, shape):
            x = torch.randn(shape, generator=generator)
            return 1 + 0.2 * x if "norm" in name or SCALE.search(name) else 0.2 * x if name.endswith(".bias") else x / math.sqrt(shape[-1])

        write(folder, config, weights)
        tokens = tokens_of(config)
        _, logits = run(folder, config, tokens, torch.float32)
        # As it is published, and as transformers writes it now: both have to be read.
        saved = folder.with_name(case + ".saved")
        saved.mkdir(exist_ok=True)
        if config["model_type"] in NAMED_AS_MODULES:
            class_of(config).from_pretrained(folder).save_pretrained(saved)
        else:
            shutil.copy(folder / "model.safetensors", saved)
        (folder / "as-saved.json").rename(saved / "config.json")
        for place in (folder, saved):
            (place / "expected.json").write_text(json.dumps({"tokens": tokens, "logits": logits.tolist()}))
    print(len(cases or CASES), "models by transformers", transformers.__version__)


def packed(target, *cases):
    """Every model in compressed-tensors: what transformers makes of it, and what awp does."""
    worst = 0.0
    print("| case | compressed-tensors in transformers, against awp's reading |")
    print("|---|---|")
    for case in cases or CASES:
        refusal = pathlib.Path(target) / (case + ".refused")
        if refusal.exists():
            told = refusal.read_text().strip().splitlines()
            print(f"| {case} | not written: {told[-1][:150] if told else ''} |")
            continue
        folder = pathlib.Path(target) / (case + ".packed")
        config = config_of(case)
        tokens = json.loads((folder / "expected.json").read_text())["tokens"]
        own = json.loads((folder / "awp.json").read_text())
        if "refused" in own:
            print(f"| {case} | {own['refused']} |")
            worst = math.inf
            continue
        _, logits = run(folder, config, tokens, torch.float32)
        difference = float(np.abs(np.array(own["logits"]) - logits).max() / np.abs(logits).max())
        worst = max(worst, difference)
        print(f"| {case} | {difference:.1e} |")
    print(f"\nlargest: {worst:.1e}, allowed: {TOLERANCE:.0e}")
    sys.exit(0 if worst < TOLERANCE else 1)


def compare(target, *cases):
    worst = 0.0
    print("| case | largest difference of logits, over the largest logit | config.json as transformers writes it |")
    print("|---|---|---|")
    for case in cases or CASES:
        row = []
        for folder in (pathlib.Path(target) / case, pathlib.Path(target) / (case + ".saved")):
            expected = np.array(json.loads((folder / "expected.json").read_text())["logits"])
            own = json.loads((folder / "awp.json").read_text())
            if "refused" in own:
                row.append(own["refused"])
                worst = math.inf
                continue
            difference = float(np.abs(np.array(own["logits"]) - expected).max() / np.abs(expected).max())
            worst = max(worst, difference)
            told = "; ".join(own["warnings"])
            row.append(f"{difference:.1e}" + (f" ({told})" if told else ""))
        print(f"| {case} | {row[0]} | {row[1]} |")
    print(f"\nlargest: {worst:.1e}, allowed: {TOLERANCE:.0e}")
    sys.exit(0 if worst < TOLERANCE else 1)


DEFAULTS = ["vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
            "max_position_embeddings", "rms_norm_eps", "tie_word_embeddings", "sliding_window", "num_experts_per_tok",
            "moe_intermediate_size", "shared_expert_intermediate_size", "norm_topk_prob", "query_pre_attn_scalar",
            "attn_logit_softcapping", "final_logit_softcapping", "attention_bias", "mlp_bias", "qkv_bias", "layer_norm_eps",
            "logit_scale", "intermediate_size_mlp"]


def as_saved(value):
    """Infinity as transformers writes it into files."""
    if isinstance(value, (list, tuple)):
        return [as_saved(v) for v in value]
    return {"__float__": "Infinity"} if value == math.inf else value


def defaults(target):
    """By model_type: the settings of a class that is told nothing, and the same as transformers writes it."""
    kinds = {}
    for keys, _ in CASES.values():
        config = CONFIG_MAPPING[keys["model_type"]]()
        written = {key: as_saved(value) for key, value in config.to_dict().items() if value is not None}
        # Where blocks differ the class wants to hear that their common value is meant.
        config.allow_global_per_layer_attribute_access = True
        rope = getattr(config, "rope_parameters", {"rope_theta": 10000.0})  # Nemotron-H knows no positions
        values = {key: getattr(config, key) for key in DEFAULTS if getattr(config, key, None) is not None}
        latent = getattr(config, "qk_head_dim", None)
        values["head_dim"] = latent or getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        values["activation"] = getattr(config, "hidden_activation", None) or getattr(config, "mlp_hidden_act", None) or config.hidden_act
        values["rope_theta"] = (rope.get("full_attention") or rope)["rope_theta"]
        if "full_attention" in rope:
            values["rope_theta_sliding"] = rope["sliding_attention"]["rope_theta"]
        experts = getattr(config, "num_local_experts", None) or getattr(config, "num_experts", None)
        if experts:
            values["num_experts"] = experts
        if "intermediate_size" not in values:  # of blocks without experts, of which there are none
            values["intermediate_size"] = config.moe_intermediate_size
        if shared := getattr(config, "n_shared_experts", None):
            values["shared_expert_intermediate_size"] = shared * config.moe_intermediate_size
        if config.model_type == "nemotron_h":
            values |= {"rms_norm_eps": config.layer_norm_epsilon, "num_hidden_layers": config.num_hidden_layers,
                       "shared_expert_intermediate_size": config.moe_shared_expert_intermediate_size,
                       "mamba": [config.mamba_num_heads, config.mamba_head_dim, config.n_groups, config.ssm_state_size,
                                 config.conv_kernel]}
        if config.model_type == "llama4_text":
            values |= {"shared_expert_intermediate_size": config.intermediate_size, "norm_topk_prob": False}
        if width := getattr(config, "shared_intermediate_size", None):
            values |= {"shared_expert_intermediate_size": width, "intermediate_size_mlp": width}
        if heads := getattr(config, "mamba_n_heads", None):
            values["mamba"] = [heads, config.mamba_d_head, config.mamba_n_groups, config.mamba_d_state, config.mamba_d_conv]
        if heads := getattr(config, "linear_num_key_heads", None):
            values["delta"] = [heads, config.linear_num_value_heads, config.linear_key_head_dim, config.linear_value_head_dim,
                               config.linear_conv_kernel_dim]
        written["architectures"] = keys["architectures"]
        kinds[keys["model_type"]] = {"values": values, "written": written}
    lines = ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in kinds.items())
    pathlib.Path(target).write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    {"golden": golden, "gradients": gradients, "models": models, "compare": compare, "packed": packed, "defaults": defaults}[sys.argv[1]](*sys.argv[2:])
