"""Types of tensors by llama-quantize, for every mixture and some models; scripts/gguf-mixes runs it."""

import ctypes
import itertools
import os
import re
import tempfile

import numpy as np
from gguf import GGUFWriter

MIXES = {
    "Q4_0": 2, "Q4_1": 3, "Q8_0": 7, "Q5_0": 8, "Q5_1": 9, "Q2_K": 10, "Q3_K_S": 11, "Q3_K_M": 12, "Q3_K_L": 13,
    "Q4_K_S": 14, "Q4_K_M": 15, "Q5_K_S": 16, "Q5_K_M": 17, "Q6_K": 18, "IQ2_XXS": 19, "IQ2_XS": 20, "Q2_K_S": 21,
    "IQ3_XS": 22, "IQ3_XXS": 23, "IQ1_S": 24, "IQ4_NL": 25, "IQ3_S": 26, "IQ3_M": 27, "IQ2_S": 28, "IQ2_M": 29,
    "IQ4_XS": 30, "IQ1_M": 31, "TQ1_0": 36, "TQ2_0": 37, "MXFP4_MOE": 38, "Q1_0": 40, "Q2_0": 41,
}

# name: architecture, blocks, hidden size, heads, of keys and values, experts, shared expert, tied
MODELS = {
    "plain": ("llama", 17, 256, 4, 4, 0, False, False),
    "grouped": ("llama", 32, 256, 8, 2, 0, False, True),
    "narrow": ("llama", 24, 192, 6, 2, 0, False, True),
    "large": ("llama", 80, 256, 8, 4, 0, False, False),
    "qwen2": ("qwen2", 24, 256, 4, 2, 0, False, False),
    "fused": ("phi3", 16, 256, 4, 4, 0, False, False),
    "eight": ("llama", 16, 256, 4, 4, 8, False, False),
    "shared": ("qwen2moe", 24, 256, 4, 4, 6, True, False),
}
INNER = 256


class Imatrix(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("data", ctypes.POINTER(ctypes.c_float)), ("size", ctypes.c_size_t)]


class Params(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int32) for name in ("threads", "ftype", "output", "embedding")),
        *((name, ctypes.c_bool) for name in ("requantize", "quantize_output", "copy", "pure", "split", "dry_run")),
        ("imatrix", ctypes.POINTER(Imatrix)),
        *((name, ctypes.c_void_p) for name in ("kv", "tensors", "prune")),
        ("buffer", ctypes.c_size_t),
    ]


def tensors(model):
    """Names and shapes, as [rows, columns]."""
    arch, blocks, hidden, heads, kv, experts, shared, tied = MODELS[model]
    width = hidden // heads * kv
    yield "token_embd.weight", (64, hidden)
    yield "output_norm.weight", (hidden,)
    if not tied:
        yield "output.weight", (64, hidden)
    for block in range(blocks):
        before = f"blk.{block}."
        if arch == "phi3":
            yield before + "attn_qkv.weight", (hidden + 2 * width, hidden)
        else:
            yield before + "attn_q.weight", (hidden, hidden)
            yield before + "attn_k.weight", (width, hidden)
            yield before + "attn_v.weight", (width, hidden)
        yield before + "attn_output.weight", (hidden, hidden)
        for kind, front in (("_exps", (experts,)), ("_shexp", ())) if experts else (("", ()),):
            if kind == "_shexp" and not shared:
                continue
            if arch != "phi3":
                yield before + f"ffn_gate{kind}.weight", (*front, INNER, hidden)
            yield before + f"ffn_up{kind}.weight", (*front, INNER * (2 if arch == "phi3" else 1), hidden)
            yield before + f"ffn_down{kind}.weight", (*front, hidden, INNER)


def write(model, path):
    arch, blocks, hidden, heads, kv, experts, _, _ = MODELS[model]
    writer = GGUFWriter(path, arch)
    writer.add_context_length(64)
    writer.add_embedding_length(hidden)
    writer.add_block_count(blocks)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_dimension_count(hidden // heads)
    writer.add_sliding_window(0)
    if experts:
        writer.add_expert_count(experts)
        writer.add_expert_used_count(2)
        writer.add_expert_feed_forward_length(INNER)
    for name, shape in tensors(model):
        writer.add_tensor(name, np.zeros(shape, np.float16 if len(shape) > 1 else np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def types(library, log, path, ftype):
    """What a dry run says of every matrix; nothing where no type fits a width."""
    params = library.llama_model_quantize_default_params()
    params.ftype = ftype
    params.dry_run = True
    entry = (ctypes.c_float * 1)(1.0)
    params.imatrix = (Imatrix * 2)(Imatrix(b"any", entry, 1), Imatrix(None, None, 0))
    log.clear()
    if library.llama_model_quantize(path.encode(), b"", ctypes.byref(params)):
        return None
    return re.findall(r"\] +(\S+\.weight) .*\((\w+)\)$", "".join(log), re.M)


def runs(names):
    return "+".join(f"{len(list(same))}*{name}" for name, same in itertools.groupby(names))


def main():
    library = ctypes.CDLL(os.environ["AWP_LLAMA"])
    library.llama_model_quantize_default_params.restype = Params
    log = []
    sink = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(
        lambda level, text, data: log.append(text.decode(errors="replace"))
    )
    library.llama_log_set(sink, None)
    library.llama_backend_init()
    print("# scripts/gguf-mixes made this: model, blocks, hidden size, heads for each of keys, experts, shared expert, tied")
    print("# model mixture, and for each matrix of a block the types from the first block to the last")
    for model, (_, blocks, hidden, heads, kv, experts, shared, tied) in MODELS.items():
        print("model", model, blocks, hidden, heads // kv, experts, str(shared).lower(), str(tied).lower())
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.gguf")
            write(model, path)
            for mix, ftype in MIXES.items():
                found = types(library, log, path, ftype)
                if found is None:
                    print("#", model, mix, "is refused")
                    continue
                parts = {}
                for name, kind in found:
                    parts.setdefault(re.sub(r"^blk\.\d+\.|\.weight$", "", name), []).append(kind.upper())
                print(model, mix, *(f"{part}={runs(kinds)}" for part, kinds in parts.items()))


main()
