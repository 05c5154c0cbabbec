"""An independent forward pass in numpy: makes the golden values that GoldenForwardTest holds awp's against.

Run by hand from this folder, `python3 forward.py`; writes ../resources/dev/awp/model/golden-*.json. Nothing here is
shared with the Java code but the formula of the synthetic weights (SyntheticWeights.java). Everything is computed in
float64 from float32 weights.
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
    "qwen3": {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "head_dim": 8,
              "rope_parameters": {"rope_type": "default", "rope_theta": 1000.0}},
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


def frequencies(config, d):
    rope = config.get("rope_parameters") or {}
    theta = rope.get("rope_theta", config["rope_theta"])
    freq = 1.0 / theta ** (np.arange(0, d, 2) / d)
    s = config.get("rope_scaling")
    if not s:
        return freq
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
    return np.array(out)


def rotate(x, freq):
    """x is [positions, heads, d]; the halves of d are the pair."""
    angle = np.arange(x.shape[0])[:, None, None] * freq[None, None, :]
    a, b = np.split(x, 2, axis=-1)
    return np.concatenate([a * np.cos(angle) - b * np.sin(angle), b * np.cos(angle) + a * np.sin(angle)], axis=-1)


def forward(config, tokens):
    hidden, heads, kv = config["hidden_size"], config["num_attention_heads"], config["num_key_value_heads"]
    d = config.get("head_dim", hidden // heads)
    inner, vocab, eps = config["intermediate_size"], config["vocab_size"], config["rms_norm_eps"]
    arch = config["architectures"][0]
    qkv_bias = config.get("attention_bias", False) or arch.startswith("Qwen2")
    window = config.get("sliding_window") if config.get("use_sliding_window", True) else None
    freq = frequencies(config, d)
    n = len(tokens)

    def linear(x, module, rows, bias):
        y = x @ weights(module + ".weight", (rows, x.shape[-1])).T
        return y + weights(module + ".bias", (rows,)) if bias else y

    x = weights("model.embed_tokens.weight", (vocab, hidden))[tokens]
    for layer in range(config["num_hidden_layers"]):
        p = f"model.layers.{layer}."
        h = rms_norm(x, weights(p + "input_layernorm.weight", (hidden,)), eps)
        q = linear(h, p + "self_attn.q_proj", heads * d, qkv_bias).reshape(n, heads, d)
        k = linear(h, p + "self_attn.k_proj", kv * d, qkv_bias).reshape(n, kv, d)
        v = linear(h, p + "self_attn.v_proj", kv * d, qkv_bias).reshape(n, kv, d)
        if arch.startswith("Qwen3"):
            q = rms_norm(q, weights(p + "self_attn.q_norm.weight", (d,)), eps)
            k = rms_norm(k, weights(p + "self_attn.k_norm.weight", (d,)), eps)
        q, k = rotate(q, freq), rotate(k, freq)
        k, v = np.repeat(k, heads // kv, axis=1), np.repeat(v, heads // kv, axis=1)
        scores = np.einsum("ihd,jhd->hij", q, k) / math.sqrt(d)
        i, j = np.arange(n)[:, None], np.arange(n)[None, :]
        visible = j <= i
        if window:
            visible &= j > i - window
        scores = np.where(visible[None], scores, -np.inf)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        a = np.einsum("hij,jhd->ihd", scores, v).reshape(n, heads * d)
        x = x + linear(a, p + "self_attn.o_proj", hidden, config.get("attention_bias", False))
        h = rms_norm(x, weights(p + "post_attention_layernorm.weight", (hidden,)), eps)
        mlp_bias = config.get("mlp_bias", False)
        gate = linear(h, p + "mlp.gate_proj", inner, mlp_bias)
        up = linear(h, p + "mlp.up_proj", inner, mlp_bias)
        x = x + linear(gate / (1 + np.exp(-gate)) * up, p + "mlp.down_proj", hidden, mlp_bias)
    states = x
    x = rms_norm(x, weights("model.norm.weight", (hidden,)), eps)
    head = "model.embed_tokens.weight" if config["tie_word_embeddings"] else "lm_head.weight"
    logits = x @ weights(head, (vocab, hidden)).T
    return states, logits


def main():
    for name, changes in CASES.items():
        config = {**BASE, **changes}
        if config.get("num_attention_heads") == 4 and "head_dim" not in config:
            config["head_dim"] = 6
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


main()
