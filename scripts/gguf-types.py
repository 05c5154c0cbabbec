"""Golden numbers of GGUF's tensor types from the gguf package; scripts/gguf-types runs it."""

import base64
import hashlib
import sys

import numpy as np
from gguf import quants
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

BLOCKS = 400
WIDTH = 88

# Types that awp writes: their zeros are +0, so signs of zeros are not compared.
WRITTEN = [
    "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K",
    "TQ1_0", "TQ2_0", "MXFP4", "NVFP4", "IQ4_NL", "IQ4_XS", "Q1_0", "Q2_0",
]
READ = [
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
    for name in WRITTEN + READ:
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


if __name__ == "__main__":
    np.seterr(all="ignore")
    commands = {"golden": golden, "codebooks": codebooks}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit("gguf-types: golden or codebooks")
    commands[sys.argv[1]]()
