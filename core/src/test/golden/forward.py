"""An independent forward pass in numpy: makes the golden values that GoldenForwardTest holds awp's against.

Run by hand from this folder, `python3 forward.py`; writes ../resources/dev/awp/model/golden-*.json. Nothing here is
shared with the Java code but the formula of the synthetic weights (SyntheticWeights.java). Everything is computed in
float64 from float32 weights. The conventions of each architecture were read from the modeling_*.py or modular_*.py
file of huggingface/transformers that stands beside its case.
"""
import json
import math
import pathlib
import zlib

import numpy as np

OUT = pathlib.Path(__file__).parent / "../resources/dev/awp/model"

BASE = {
    "model_type": "llama",
    "hidden_act": "silu",
    "hidden_size": 24,
    "intermediate_size": 44,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "vocab_size": 50,
    "tie_word_embeddings": True,
}

CASES = {
    "llama": {"architectures": ["LlamaForCausalLM"]},
    "llama-untied-multihead": {
        "architectures": ["LlamaForCausalLM"],
        "tie_word_embeddings": False,
        "num_key_value_heads": 4,
    },
    "llama-biases": {"architectures": ["LlamaForCausalLM"], "attention_bias": True, "mlp_bias": True},
    "llama3-scaling": {
        "architectures": ["LlamaForCausalLM"],
        "rope_theta": 500.0,
        "rope_scaling": {
            "rope_type": "llama3",
            "factor": 8.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 32,
        },
    },
    "mistral-window": {
        "architectures": ["MistralForCausalLM"],
        "model_type": "mistral",
        "sliding_window": 5,
        "head_dim": 10,
    },
    "qwen2": {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "use_sliding_window": False,
              "sliding_window": 4},
    "qwen2-some-windows": {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "use_sliding_window": True,
                           "sliding_window": 4, "max_window_layers": 1},
    "qwen3": {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "head_dim": 8,
              "rope_parameters": {"rope_type": "default", "rope_theta": 1000.0}},
    # models/phi3/modular_phi3.py; modeling_rope_utils.py, _compute_longrope_parameters
    "phi3": {"architectures": ["Phi3ForCausalLM"], "model_type": "phi3", "sliding_window": 9,
             "tie_word_embeddings": False},
    "phi3-longrope-short": {
        "architectures": ["Phi3ForCausalLM"], "model_type": "phi3", "original_max_position_embeddings": 32,
        "rope_scaling": {"type": "longrope", "short_factor": [1.0, 1.5, 2.5], "long_factor": [2.0, 5.0, 9.0]}},
    "phi3-longrope-long": {
        "architectures": ["Phi3ForCausalLM"], "model_type": "phi3", "original_max_position_embeddings": 16,
        "rope_scaling": {"type": "longrope", "short_factor": [1.0, 1.5, 2.5], "long_factor": [2.0, 5.0, 9.0]}},
    # models/gemma2/modular_gemma2.py, models/gemma/modeling_gemma.py; caps small enough to bend the scores
    "gemma2": {"architectures": ["Gemma2ForCausalLM"], "model_type": "gemma2", "head_dim": 8,
               "hidden_act": "silu", "hidden_activation": "gelu_pytorch_tanh", "query_pre_attn_scalar": 10,
               "sliding_window": 6, "num_hidden_layers": 3, "attn_logit_softcapping": 3.0,
               "final_logit_softcapping": 4.0},
    # models/gemma3/modular_gemma3.py
    "gemma3": {"architectures": ["Gemma3ForCausalLM"], "model_type": "gemma3_text", "head_dim": 8,
               "hidden_activation": "gelu_pytorch_tanh", "query_pre_attn_scalar": 10, "sliding_window": 6,
               "sliding_window_pattern": 3, "num_hidden_layers": 4, "rope_theta": 5000.0,
               "rope_local_base_freq": 100.0, "rope_scaling": {"rope_type": "linear", "factor": 4.0}},
    # models/mixtral/modular_mixtral.py
    "mixtral": {"architectures": ["MixtralForCausalLM"], "model_type": "mixtral", "num_local_experts": 5,
                "num_experts_per_tok": 2, "sliding_window": None},
    # models/qwen2_moe/modeling_qwen2_moe.py
    "qwen2-moe": {"architectures": ["Qwen2MoeForCausalLM"], "model_type": "qwen2_moe", "num_experts": 6,
                  "num_experts_per_tok": 3, "moe_intermediate_size": 20, "shared_expert_intermediate_size": 28,
                  "norm_topk_prob": False, "num_hidden_layers": 3, "mlp_only_layers": [1]},
    # models/qwen3_moe/modular_qwen3_moe.py
    "qwen3-moe": {"architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "head_dim": 8,
                  "num_experts": 6, "num_experts_per_tok": 2, "moe_intermediate_size": 20, "norm_topk_prob": True,
                  "decoder_sparse_step": 2, "num_hidden_layers": 3},
}


def weights(name, shape):
    """Element i of the tensor: a hash of (i, crc32 of the name), mapped to a float32."""
    n = int(np.prod(shape))
    mask = np.uint64(0xFFFFFFFF)
    x = (np.arange(n, dtype=np.uint64) * np.uint64(2654435761) + np.uint64(zlib.crc32(name.encode()))) & mask
    x ^= x >> np.uint64(16)
    x = (x * np.uint64(0x45D9F3B)) & mask
    x ^= x >> np.uint64(16)
    v = (x >> np.uint64(8)).astype(np.float64) / 2.0**24 - 0.5
    if "norm" in name:
        v = 1.0 + 0.5 * v
    elif name.endswith(".bias"):
        v = 0.5 * v
    else:
        v = 4.0 * v / math.sqrt(shape[-1])
    return v.astype(np.float32).astype(np.float64).reshape(shape)


def rms_norm(x, w, eps):
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + eps) * w


def silu(x):
    return x / (1 + np.exp(-x))


def gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def soft_cap(x, cap):
    return x if cap is None else cap * np.tanh(x / cap)


def frequencies(config, d, layer, n):
    """Inverse frequencies of a layer and the factor of its cosines and sines, for n positions."""
    if is_sliding(config, layer) and "rope_local_base_freq" in config:
        return 1.0 / config["rope_local_base_freq"] ** (np.arange(0, d, 2) / d), 1.0
    rope = config.get("rope_parameters") or {}
    theta = rope.get("rope_theta", config["rope_theta"])
    freq = 1.0 / theta ** (np.arange(0, d, 2) / d)
    s = config.get("rope_scaling")
    if not s:
        return freq, 1.0
    kind = s.get("rope_type", s.get("type"))
    if kind == "linear":
        return freq / s["factor"], 1.0
    if kind == "longrope":
        original = config["original_max_position_embeddings"]
        factor = config["max_position_embeddings"] / original
        amplitude = math.sqrt(1 + math.log(factor) / math.log(original))
        return freq / np.array(s["long_factor" if n > original else "short_factor"]), amplitude
    low = s["original_max_position_embeddings"] / s["low_freq_factor"]
    high = s["original_max_position_embeddings"] / s["high_freq_factor"]
    out = []
    for f in freq:
        wavelength = 2 * math.pi / f
        if wavelength < high:
            out.append(f)
        elif wavelength > low:
            out.append(f / s["factor"])
        else:
            smooth = (s["original_max_position_embeddings"] / wavelength - s["low_freq_factor"]) / (
                s["high_freq_factor"] - s["low_freq_factor"])
            out.append((1 - smooth) * f / s["factor"] + smooth * f)
    return np.array(out), 1.0


def is_sliding(config, layer):
    if not config.get("sliding_window") or not config.get("use_sliding_window", True):
        return False
    kind = config["model_type"]
    if kind == "qwen2":
        return layer >= config["max_window_layers"]
    if kind == "gemma2":
        return layer % 2 == 0
    if kind == "gemma3_text":
        return (layer + 1) % config["sliding_window_pattern"] != 0
    return True


def rotate(x, freq, amplitude):
    """x is [positions, heads, d]; the halves of d are the pair."""
    angle = np.arange(x.shape[0])[:, None, None] * freq[None, None, :]
    cos, sin = amplitude * np.cos(angle), amplitude * np.sin(angle)
    a, b = np.split(x, 2, axis=-1)
    return np.concatenate([a * cos - b * sin, b * cos + a * sin], axis=-1)


def linear(x, module, rows, bias=False):
    y = x @ weights(module + ".weight", (rows, x.shape[-1])).T
    return y + weights(module + ".bias", (rows,)) if bias else y


def gated(config, h, module, width, names=("gate_proj", "up_proj", "down_proj"), bias=False):
    """The feed-forward layer and each expert."""
    act = gelu_tanh if config.get("hidden_activation") == "gelu_pytorch_tanh" else silu
    if config["model_type"] == "phi3":
        gate, up = np.split(linear(h, module + "gate_up_proj", 2 * width), 2, axis=-1)
    else:
        gate, up = (linear(h, module + name, width, bias) for name in names[:2])
    return linear(act(gate) * up, module + names[2], h.shape[-1], bias)


def mixture(config, h, p):
    """Sparse mixture, token by token and expert by expert."""
    mixtral = config["model_type"] == "mixtral"
    module = p + ("block_sparse_moe." if mixtral else "mlp.")
    count = config["num_local_experts" if mixtral else "num_experts"]
    width = config["intermediate_size" if mixtral else "moe_intermediate_size"]
    names = ("w1", "w3", "w2") if mixtral else ("gate_proj", "up_proj", "down_proj")
    shares = softmax(linear(h, module + "gate", count))
    outputs = [gated(config, h, f"{module}experts.{e}.", width, names) for e in range(count)]
    out = np.zeros_like(h)
    for t in range(len(h)):
        chosen = np.argsort(-shares[t])[: config["num_experts_per_tok"]]
        total = shares[t, chosen].sum() if mixtral or config["norm_topk_prob"] else 1.0
        for e in chosen:
            out[t] += shares[t, e] / total * outputs[e][t]
    if "shared_expert_intermediate_size" in config:
        shared = gated(config, h, module + "shared_expert.", config["shared_expert_intermediate_size"])
        out += shared / (1 + np.exp(-linear(h, module + "shared_expert_gate", 1)))
    return out


def attention(config, h, p, layer):
    heads, kv = config["num_attention_heads"], config["num_key_value_heads"]
    d, n, kind = config["head_dim"], len(h), config["model_type"]
    bias = config.get("attention_bias", False)
    qkv_bias = bias or kind in ("qwen2", "qwen2_moe")
    if kind == "phi3":
        q, k, v = np.split(linear(h, p + "self_attn.qkv_proj", (heads + 2 * kv) * d), [heads * d, (heads + kv) * d],
                           axis=-1)
    else:
        q = linear(h, p + "self_attn.q_proj", heads * d, qkv_bias)
        k = linear(h, p + "self_attn.k_proj", kv * d, qkv_bias)
        v = linear(h, p + "self_attn.v_proj", kv * d, qkv_bias)
    q, k, v = q.reshape(n, heads, d), k.reshape(n, kv, d), v.reshape(n, kv, d)
    if kind in ("qwen3", "qwen3_moe", "gemma3_text"):
        q = rms_norm(q, norm_weight(config, p + "self_attn.q_norm", d), config["rms_norm_eps"])
        k = rms_norm(k, norm_weight(config, p + "self_attn.k_norm", d), config["rms_norm_eps"])
    freq, amplitude = frequencies(config, d, layer, n)
    q, k = rotate(q, freq, amplitude), rotate(k, freq, amplitude)
    k, v = np.repeat(k, heads // kv, axis=1), np.repeat(v, heads // kv, axis=1)
    scores = np.einsum("ihd,jhd->hij", q, k) * config.get("query_pre_attn_scalar", d) ** -0.5
    scores = soft_cap(scores, config.get("attn_logit_softcapping"))
    i, j = np.arange(n)[:, None], np.arange(n)[None, :]
    visible = j <= i
    if is_sliding(config, layer):
        visible &= j > i - config["sliding_window"]
    a = np.einsum("hij,jhd->ihd", softmax(np.where(visible[None], scores, -np.inf)), v).reshape(n, heads * d)
    return linear(a, p + "self_attn.o_proj", h.shape[-1], bias)


def norm_weight(config, module, width):
    """Gemma stores what is added to one."""
    stored = weights(module + ".weight", (width,))
    return 1 + stored if config["model_type"].startswith("gemma") else stored


def is_sparse(config, layer):
    if config["model_type"] == "mixtral":
        return True
    return ("num_experts" in config and layer not in config.get("mlp_only_layers", [])
            and (layer + 1) % config.get("decoder_sparse_step", 1) == 0)


def forward(config, tokens):
    hidden, inner, vocab = config["hidden_size"], config["intermediate_size"], config["vocab_size"]
    gemma = config["model_type"].startswith("gemma")

    def norm(x, module):
        return rms_norm(x, norm_weight(config, module, hidden), config["rms_norm_eps"])

    x = weights("model.embed_tokens.weight", (vocab, hidden))[tokens]
    if gemma:
        x = x * np.float64(np.float32(hidden**0.5))
    for layer in range(config["num_hidden_layers"]):
        p = f"model.layers.{layer}."
        step = attention(config, norm(x, p + "input_layernorm"), p, layer)
        x = x + (norm(step, p + "post_attention_layernorm") if gemma else step)
        h = norm(x, p + ("pre_feedforward_layernorm" if gemma else "post_attention_layernorm"))
        if is_sparse(config, layer):
            step = mixture(config, h, p)
        else:
            step = gated(config, h, p + "mlp.", inner, bias=config.get("mlp_bias", False))
        x = x + (norm(step, p + "post_feedforward_layernorm") if gemma else step)
    states = x
    x = norm(x, "model.norm")
    head = "model.embed_tokens.weight" if config["tie_word_embeddings"] else "lm_head.weight"
    logits = soft_cap(x @ weights(head, (vocab, hidden)).T, config.get("final_logit_softcapping"))
    return states, logits


def main():
    for name, changes in CASES.items():
        config = {**BASE, **changes}
        config.setdefault("head_dim", 6)
        tokens = [(i * i * 7 + i * 3 + 1) % config["vocab_size"] for i in range(23)]
        states, logits = forward(config, tokens)
        shifted = logits - logits.max(axis=-1, keepdims=True)
        logp = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
        targets = tokens[1:] + [0]
        loss = [-logp[i, t] for i, t in enumerate(targets)]
        golden = {
            "config": config,
            "tokens": tokens,
            "targets": targets,
            "loss": [round(float(v), 9) for v in loss],
            "states": [[round(float(v), 8) for v in row] for row in states[[0, 7, 22]]],
            "stateRows": [0, 7, 22],
        }
        (OUT / f"golden-{name}.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
