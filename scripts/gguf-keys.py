"""The keys in which two GGUF files differ, and their tensors; scripts/gguf-keys runs it."""

import re
import sys
from collections import Counter

from gguf import GGUFReader, GGUFValueType, TokenType

# What is meant to differ, with the reason (docs/gguf.md).
MEANT = {
    "general.name": "as the folder is called",
    "general.organization": "as the hub writes it",
    "ARCH.vocab_size": "always written",
    "ARCH.rope.dimension_count": "always written",
    "tokenizer.ggml.add_sep_token": "false is the default",
    "tokenizer.ggml.add_bos_token": "always written",
    "tokenizer.ggml.add_eos_token": "always written",
    "tokenizer.ggml.eot_token_id": "where several tokens end a text",
}

# Gemma's tokenizer.json has no tokenizer.model beside it: llama.cpp's "llama" tokenizer says the same with scores.
MEANT_OF_GEMMA = {
    f"tokenizer.ggml.{key}": "scores for merges"
    for key in ("model", "pre", "token_type", "merges", "scores", "add_space_prefix")
}

# Of Nemotron-H, with experts and without.
MEANT_OF_NEMOTRON = {
    "ARCH.context_length": "that of config.json",
    "ARCH.attention.layer_norm_rms_epsilon": "always written",
    "ARCH.rope.freq_base": "it knows no positions",
    "ARCH.rope.scaling.finetuned": "it knows no positions",
    "ARCH.expert_group_count": "where there are groups",
    "ARCH.expert_group_used_count": "where there are groups",
    "tokenizer.ggml.tokens": "as many as the embedding has",
    "tokenizer.ggml.token_type": "as many as the embedding has",
}

# What else is meant to differ by architecture; a Granite without experts says so of none.
MEANT_OF = {
    "gemma": MEANT_OF_GEMMA,
    "gemma2": MEANT_OF_GEMMA,
    "gemma3": MEANT_OF_GEMMA,
    "gemma4": {
        "ARCH.final_logit_softcapping": "0 where there is none: the graph takes 30 of files without it",
        "tokenizer.ggml.scores": "nobody reads them beside merges",
        "tokenizer.ggml.token_type": "the token of unknown ones is UNKNOWN",
    },
    "qwen35moe": {
        "ARCH.feed_forward_length": "no block has a layer without experts",
        "ARCH.rope.dimension_sections": "even shares of the pairs, the same of text",
    },
    "nemotron_h": MEANT_OF_NEMOTRON,
    "nemotron_h_moe": MEANT_OF_NEMOTRON,
    "granitehybrid": {
        "ARCH.context_length": "that of config.json",
        "ARCH.feed_forward_length": "that of its layers",
        "ARCH.attention.key_length": "always written",
        "ARCH.attention.value_length": "always written",
        "ARCH.expert_feed_forward_length": "always written",
        "ARCH.expert_count": "without experts",
        "ARCH.expert_used_count": "without experts",
        "ARCH.expert_shared_feed_forward_length": "without experts",
        "ARCH.rope.scaling.finetuned": "as position_embedding_type says",
        "tokenizer.ggml.tokens": "as many as the embedding has",
        "tokenizer.ggml.token_type": "as many as the embedding has",
    },
}
SHOWN = 60

# Tensors that are meant to differ: gates and ups of experts apart, as each has a layer's type; a row as a vector.
MEANT_TENSORS = {
    "gemma4": re.compile(r"blk\.\d+\.ffn_(gate|up|gate_up)_exps\.weight"),
    "qwen35moe": re.compile(r"blk\.\d+\.ffn_gate_inp_shexp\.weight"),
}


def read(path):
    reader = GGUFReader(path)
    keys = {}
    for name, field in reader.fields.items():
        if name.startswith("GGUF."):
            continue
        kinds = [GGUFValueType(kind).name for kind in field.types]
        keys[name] = (kinds, field.contents())
    tensors = {t.name: (t.tensor_type.name, [int(n) for n in t.shape]) for t in reader.tensors}
    return keys, tensors


def shown(value):
    if value is None:
        return "-"
    kinds, content = value
    if isinstance(content, list):
        head = ", ".join(repr(x) for x in content[:3])
        return f"{len(content)} {kinds[-1]}: {head} ..."[:SHOWN]
    text = f"{content!r} ({kinds[0]})"
    return (text if len(text) <= SHOWN else text[: SHOWN - 3] + "...").replace("|", "\\|").replace("\n", " ")


def difference(name, theirs, ours):
    """In words where both are lists."""
    if theirs is None or ours is None or not isinstance(theirs[1], list) or not isinstance(ours[1], list):
        return shown(theirs), shown(ours)
    a, b = theirs[1], ours[1]
    if len(a) != len(b):
        return shown(theirs), shown(ours)
    places = [i for i in range(len(a)) if a[i] != b[i]]
    if name.endswith("token_type"):
        counts = Counter((TokenType(a[i]).name, TokenType(b[i]).name) for i in places)
        words = [f"{n} {x} are {y}" for (x, y), n in counts.items()]
        return f"{len(places)} differ, the first at {places[0]}", "; ".join(words)
    first = places[0]
    return f"{len(places)} differ, the first at {first}: {a[first]!r}", f"{b[first]!r}"


def main():
    model, *paths = sys.argv[1:]
    (theirs, their_tensors), (ours, our_tensors) = (read(path) for path in paths)
    failed = False
    names = list(theirs) + [name for name in ours if name not in theirs]
    for name in names:
        a, b = theirs.get(name), ours.get(name)
        if a == b:
            continue
        architecture = theirs["general.architecture"][1]
        meant = MEANT | MEANT_OF.get(architecture, {})
        reason = meant.get(name.replace(architecture + ".", "ARCH."), "")
        if name.startswith(("general.base_model.", "general.dataset.")):
            reason = "not written"
        failed |= not reason
        print("|", model, "|", name, "|", " | ".join(difference(name, a, b)), "|", reason or "**not meant**", "|")
    for name in their_tensors.keys() | our_tensors.keys():
        if their_tensors.get(name) != our_tensors.get(name):
            apart = MEANT_TENSORS.get(theirs["general.architecture"][1])
            reason = "as docs/gguf.md says" if apart and apart.fullmatch(name) else ""
            failed |= not reason
            print("|", model, "|", name, "|", their_tensors.get(name), "|", our_tensors.get(name), "|", reason or "**tensor**", "|")
    sys.exit(failed)


main()
