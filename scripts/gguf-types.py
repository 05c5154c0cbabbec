"""Golden numbers of GGUF's tensor types from the gguf package; scripts/gguf-types runs it."""

import base64
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from gguf import GGUFReader, quants
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

BLOCKS = 400
WIDTH = 88

# Types that awp writes: their zeros are +0, so signs of zeros are not compared.
WRITTEN = [
    "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K",
    "TQ1_0", "TQ2_0", "MXFP4", "NVFP4", "IQ4_NL", "IQ4_XS", "Q1_0", "Q2_0",
]
# The same, whose codes name vectors: a zero has the sign of its level.
VECTORS = [
    "IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S",
]
CODEBOOKS = ["IQ1_S", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S"]


def few_bits(blocks, bits, zero):
    """Types that the package has no decoder of: d, then codes from the low bits on."""
    d = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    codes = (blocks[:, 2:, None] >> shifts) & np.uint8((1 << bits) - 1)
    return d, codes.reshape(len(blocks), -1).astype(np.float32) - np.float32(zero)


def q1_0(blocks):
    d, codes = few_bits(blocks, 1, 0)
    return np.where(codes == 1, d, -d)


def q2_0(blocks):
    d, codes = few_bits(blocks, 2, 1)
    return codes * d


OTHERS = {"Q1_0": (128, 18, q1_0), "Q2_0": (64, 18, q2_0)}


def random_blocks(size):
    """A block of zeros, one of ones, and random ones; the same generator is in DecodedTypesTest."""
    state = size
    stream = bytearray()
    for _ in range((BLOCKS - 2) * size):
        state = (state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        stream.append(state >> 56)
    return np.frombuffer(b"\x00" * size + b"\xff" * size + bytes(stream), np.uint8).reshape(BLOCKS, size)


def golden():
    for name in WRITTEN + VECTORS:
        if name in OTHERS:
            columns, size, decode = OTHERS[name]
            values = decode(random_blocks(size))
        else:
            kind = GGMLQuantizationType[name]
            columns, size = GGML_QUANT_SIZES[kind]
            values = quants.dequantize(random_blocks(size), kind)
        values = np.array(values, "<f4").reshape(BLOCKS, columns)
        if name in WRITTEN:
            values[values == 0] = 0
        bits = values.view("<u4").copy()
        bits[np.isnan(values)] = 0x7FC00000
        largest = np.abs(values).max(axis=1)
        block = int(np.flatnonzero((largest > 0.1) & (largest < 100))[0])
        few = " ".join(str(values[block, j]) for j in (0, 1, columns // 2 + 1, columns - 1))
        print(name, columns, size, hashlib.sha256(bits.tobytes()).hexdigest(), block, few)


def codebooks():
    """A bit for every vector of levels, the first column as the lowest digit: set where the codebook has it."""
    for name in CODEBOOKS:
        kind = getattr(quants, name)
        kind.init_grid()
        levels = list(kind.grid_map)
        rows = kind.grid.reshape(kind.grid_shape)
        numbers = [sum(levels.index(v) * len(levels) ** j for j, v in enumerate(row)) for row in rows]
        assert numbers == sorted(set(numbers)), "the codebook is in the order of its vectors"
        has = np.zeros(len(levels) ** kind.grid_shape[1], np.uint8)
        has[numbers] = 1
        text = base64.b64encode(np.packbits(has, bitorder="little").tobytes()).decode()
        print(name, levels, len(rows))
        for at in range(0, len(text), WIDTH):
            print("      " + text[at : at + WIDTH])


def write_model(folder, hidden=256, inner=512, heads=4):
    """A Qwen3 of two blocks with random weights in float32, and a tokenizer of bytes."""
    random = np.random.default_rng(7)
    config = {
        "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_size": hidden,
        "intermediate_size": inner, "num_hidden_layers": 2, "num_attention_heads": heads,
        "num_key_value_heads": heads, "head_dim": hidden // heads, "vocab_size": 258,
        "max_position_embeddings": 256, "rms_norm_eps": 1e-6, "rope_theta": 10000.0,
        "tie_word_embeddings": False, "torch_dtype": "float32", "hidden_act": "silu",
        "attention_bias": False, "bos_token_id": 0, "eos_token_id": 1,
    }
    shapes = {"model.embed_tokens.weight": (258, hidden), "lm_head.weight": (258, hidden), "model.norm.weight": (hidden,)}
    for block in range(2):
        at = f"model.layers.{block}."
        for name in "qkvo":
            shapes[f"{at}self_attn.{name}_proj.weight"] = (hidden, hidden)
        shapes |= {f"{at}mlp.{name}_proj.weight": (inner, hidden) for name in ("gate", "up")}
        shapes[f"{at}mlp.down_proj.weight"] = (hidden, inner)
        shapes |= {f"{at}{name}_layernorm.weight": (hidden,) for name in ("input", "post_attention")}
        shapes |= {f"{at}self_attn.{name}_norm.weight": (hidden // heads,) for name in "qk"}
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, shape in shapes.items():
        values = np.ones(shape) if "norm" in name else 0.05 * random.standard_t(4, shape)
        stored = values.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(stored)]}
        data += stored
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (folder / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data)
    (folder / "config.json").write_text(json.dumps(config))
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in printable]
    vocabulary = {"<s>": 0, "</s>": 1}
    for byte in range(256):
        vocabulary[chr(byte if byte in printable else 256 + others.index(byte))] = byte + 2
    special = [
        {"id": i, "content": c, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        for i, c in enumerate(("<s>", "</s>"))
    ]
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": special, "normalizer": None,
        "pre_tokenizer": level, "post_processor": None, "decoder": level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "vocab": vocabulary, "merges": []},
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))


def plain(file):
    """The tensors of a safetensors file in float32."""
    data = file.read_bytes()
    size = int.from_bytes(data[:8], "little")
    for name, tensor in json.loads(data[8 : 8 + size]).items():
        if name != "__metadata__":
            start, end = (8 + size + offset for offset in tensor["data_offsets"])
            yield name, np.frombuffer(data[start:end], "<f4").reshape(tensor["shape"])


def decoded(tensor):
    """Bytes of a tensor as the package decodes them, or as llama.cpp does where it has no decoder."""
    name = tensor.tensor_type.name
    rows, columns = int(tensor.shape[1]), int(tensor.shape[0])
    if name in OTHERS:
        values = OTHERS[name][2](tensor.data.view(np.uint8).reshape(-1, OTHERS[name][1]))
    else:
        values = quants.dequantize(tensor.data, tensor.tensor_type)
    return np.asarray(values, np.float32).reshape(rows, columns)


PARTS = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}


def written(awp):
    """Blocks that awp writes, decoded by the package: what the dense folder of the same run holds, bit for bit."""
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        (work / "model").mkdir()
        write_model(work / "model")
        (work / "text.txt").write_text("A text of some words, again and again. " * 200)
        for name in sys.argv[2:] or WRITTEN + VECTORS:
            if name in OTHERS and not hasattr(GGMLQuantizationType, name):
                print(name, "is no type of this package's reader")
                continue
            out = work / name
            subprocess.run(
                [awp, "compress", work / "model", out, "--format", "gguf,dense", "--gguf-type", name, "--quiet",
                 "--calibration", work / "text.txt", "--sequences", "8", "--sequence-length", "64"],
                check=True,
            )
            tensors = {tensor.name: tensor for tensor in GGUFReader(out / "gguf" / "model.gguf").tensors}
            weights = 0
            for source, expected in plain(out / "dense" / "model.safetensors"):
                _, _, block, part = (source.removesuffix(".weight").split(".", 3) + [""] * 4)[:4]
                if part not in PARTS:
                    continue
                at = f"blk.{block}.{PARTS[part]}"
                values = decoded(tensors[at + ".weight"])
                if at + ".scale" in tensors:
                    values = values * tensors[at + ".scale"].data[0]
                # awp's zeros are +0.
                if (values + np.float32(0)).tobytes() != expected.tobytes():
                    sys.exit(f"{name}: {source} differs")
                weights += values.size
            print(name, weights, "weights equal", flush=True)


if __name__ == "__main__":
    np.seterr(all="ignore")
    commands = {"golden": golden, "codebooks": codebooks, "written": lambda: written(os.environ["AWP"])}
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        sys.exit("gguf-types: golden, codebooks or written")
    commands[sys.argv[1]]()
