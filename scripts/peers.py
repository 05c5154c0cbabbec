"""Compresses a model folder with one of the programs that people use, on the windows that awp calibrates on.

Called by scripts/peers: peers.py METHOD CONSTRAINT MODEL TEXT OUT WINDOW WINDOWS. METHOD is a name of METHODS below, CONSTRAINT as
scripts/peers writes it: 4g64 (bits, group), 50% or 2:4 (sparsity), or both with a plus. Every program keeps its own defaults but for
bits, group size, symmetric grids and the calibration's windows. peers.py text MODEL TEXT WINDOW WINDOWS prints the beginning of a text
that holds so many windows; peers.py figures EVAL.json and peers.py table CELLS.tsv write what scripts/peers keeps and prints.
"""

import json
import os
import re
import sys

from windows import cut, leading


def windows_of(tokenizer, text, window, count):
    """The text's first windows."""
    parts = cut(tokenizer(text)["input_ids"], leading(tokenizer), window, count)
    if len(parts) < count:
        raise SystemExit(f"peers: the text has {len(parts)} windows of {window} tokens, not {count}")
    return parts


def beginning(model_dir, text_file, window, count):
    """Prints what of a text its first windows are made of, and a few tokens more, which make no window."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model_dir)
    with open(text_file, encoding="utf-8", newline="") as file:
        text = file.read()
    ends = [end for _, end in tokenizer(text, return_offsets_mapping=True)["offset_mapping"]]
    begin = len(leading(tokenizer))
    last = begin + (window - begin) * count + window // 8
    if len(ends) <= last:
        raise SystemExit(f"peers: {text_file} has {len(ends)} tokens, too few for {count} windows of {window}")
    print(text[: ends[last]], end="")


def parse(constraint):
    """Bits (or None), columns of a group, and sparsity: None, a share, or (kept, of)."""
    bits = group = sparsity = None
    for part in constraint.split("+"):
        if found := re.fullmatch(r"(\d)g(\d+)", part):
            bits, group = int(found[1]), int(found[2])
        elif found := re.fullmatch(r"(\d+)%", part):
            sparsity = int(found[1]) / 100
        elif found := re.fullmatch(r"(\d+):(\d+)", part):
            sparsity = (int(found[1]), int(found[2]))
        else:
            raise SystemExit(f"peers: constraint '{part}' is none of 4g64, 50%, 2:4")
    return bits, group, sparsity


def llm_compressor(method, constraint, model_dir, text, out, window, count):
    import torch
    from datasets import Dataset
    from llmcompressor import oneshot
    from llmcompressor.modifiers.gptq import GPTQModifier
    from llmcompressor.modifiers.pruning.sparsegpt import SparseGPTModifier
    from llmcompressor.modifiers.pruning.wanda import WandaPruningModifier
    from llmcompressor.modifiers.quantization import QuantizationModifier
    from llmcompressor.modifiers.transform.awq import AWQModifier
    from transformers import AutoModelForCausalLM, AutoTokenizer

    bits, group, sparsity = parse(constraint)
    tokenizer = AutoTokenizer.from_pretrained(model_dir)
    model = AutoModelForCausalLM.from_pretrained(model_dir, dtype=torch.float32)
    parts = windows_of(tokenizer, text, window, count)
    dataset = Dataset.from_dict({"input_ids": parts, "attention_mask": [[1] * window for _ in parts]})
    steps = []
    if sparsity is not None:
        share, structure = (sparsity, "0:0") if isinstance(sparsity, float) else (1 - sparsity[0] / sparsity[1], "%d:%d" % sparsity)
        prune = WandaPruningModifier if method == "wanda" else SparseGPTModifier
        steps.append(prune(sparsity=share, mask_structure=structure, targets=["Linear"], ignore=["re:.*lm_head"]))
    if bits is not None:
        weights = {"num_bits": bits, "type": "int", "symmetric": True, "strategy": "group", "group_size": group}
        groups = {"group_0": {"targets": ["Linear"], "weights": weights}}
        if method == "awq":
            steps += [AWQModifier(), QuantizationModifier(config_groups=groups, ignore=["lm_head"])]
        else:
            steps.append(GPTQModifier(config_groups=groups, ignore=["lm_head"]))
    oneshot(
        model=model,
        tokenizer=tokenizer,
        dataset=dataset,
        recipe=steps,
        max_seq_length=window,
        num_calibration_samples=count,
        shuffle_calibration_samples=False,
    )
    model.save_pretrained(out, save_compressed=bits is not None)
    tokenizer.save_pretrained(out)


def gptqmodel(method, constraint, model_dir, text, out, window, count):
    os.environ.setdefault("GPTQMODEL_CPU_WORKERS", "2")  # with fewer it does not start on two cores
    from gptqmodel import GPTQModel, QuantizeConfig
    from transformers import AutoTokenizer

    bits, group, sparsity = parse(constraint)
    if sparsity is not None:
        raise SystemExit("peers: gptqmodel does not prune")
    tokenizer = AutoTokenizer.from_pretrained(model_dir)
    parts = windows_of(tokenizer, text, window, count)
    config = QuantizeConfig(bits=bits, group_size=group, sym=True, device="cpu")
    model = GPTQModel.load(model_dir, config, device="cpu")
    model.quantize([{"input_ids": part, "attention_mask": [1] * window} for part in parts], batch_size=1)
    model.save(out)


def auto_round(method, constraint, model_dir, text, out, window, count):
    import torch
    from auto_round import AutoRound
    from transformers import AutoModelForCausalLM, AutoTokenizer

    bits, group, sparsity = parse(constraint)
    if sparsity is not None:
        raise SystemExit("peers: auto-round does not prune")
    tokenizer = AutoTokenizer.from_pretrained(model_dir)
    parts = windows_of(tokenizer, text, window, count)
    batches = torch.utils.data.DataLoader([{"input_ids": torch.tensor(part)} for part in parts], batch_size=8)
    model = AutoModelForCausalLM.from_pretrained(model_dir, dtype=torch.float32)
    rounded = AutoRound(
        model,
        tokenizer,
        scheme={"bits": bits, "group_size": group, "sym": True, "data_type": "int", "act_bits": 16},
        dataset=batches,
        seqlen=window,
        nsamples=count,
        iters=50 if method == "auto-round-50" else 200,
        device_map="cpu",
    )
    rounded.quantize_and_save(out, format="auto_gptq")


METHODS = {
    "gptq": llm_compressor,
    "awq": llm_compressor,
    "sparsegpt": llm_compressor,
    "wanda": llm_compressor,
    "gptqmodel": gptqmodel,
    "auto-round": auto_round,
    "auto-round-50": auto_round,
}


def figures(file):
    """Of each text of awp eval --json: the original's perplexity, perplexity, divergence and its error, equal top tokens."""
    with open(file, encoding="utf-8") as stream:
        texts = json.load(stream)["texts"]
    out = []
    for text in texts:
        compared = text["compared"]
        divergence = compared["divergence"]
        out += [
            "%.3f" % compared["perplexity"]["value"],
            "%.3f" % text["perplexity"]["value"],
            "%.4f" % divergence["divergence"]["value"],
            "%.4f" % divergence["divergence"]["standardError"],
            "%.1f" % (100 * divergence["sameTop"]["value"]),
        ]
    print("\t".join(out))


def table(file):
    """One table a model; the lowest divergence of each constraint and text is bold."""
    with open(file, encoding="utf-8") as stream:
        cells = [line.rstrip("\n").split("\t") for line in stream if line.strip()]
    measured = [cell for cell in cells if cell[3] != "not written"]
    best = {}
    for name, constraint, _, *rest in measured:
        for at in range((len(rest) - 4) // 5):
            key = (name, constraint, at)
            best[key] = min(best.get(key, float("inf")), float(rest[4 + 5 * at + 2]))
    for name in dict.fromkeys(cell[0] for cell in cells):
        texts = max(((len(cell) - 7) // 5 for cell in measured if cell[0] == name), default=0)
        head = ["constraint", "method", "MB"]
        head += [title for at in range(texts) for title in (f"perplexity {at + 1}", f"KL {at + 1}", f"same top {at + 1}")]
        head += ["CPU s", "wall s", "peak MB"]
        print(f"\n### {name}\n\n| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|")
        for own, constraint, method, *rest in cells:
            if own != name:
                continue
            row = [constraint, method]
            if rest[0] == "not written":
                row += ["not written"] + [""] * (len(head) - 3)
            else:
                size, wall, cpu, peak = rest[:4]
                row.append("%.1f" % (int(size) / 1e6))
                for at in range(texts):
                    original, perplexity, kl, error, top = rest[4 + 5 * at : 9 + 5 * at]
                    mark = "**" if float(kl) == best[(name, constraint, at)] else ""
                    row += [f"{perplexity} ({original})", f"{mark}{kl}{mark} ± {error}", f"{top} %"]
                row += ["%.0f" % float(cpu), "%.0f" % float(wall), "%.0f" % float(peak)]
            print("| " + " | ".join(row) + " |")


def main():
    if sys.argv[1] in ("figures", "table"):
        {"figures": figures, "table": table}[sys.argv[1]](sys.argv[2])
        return
    if sys.argv[1] == "text":
        beginning(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
        return
    method, constraint, model_dir, text_file, out, window, count = sys.argv[1:]
    with open(text_file, encoding="utf-8", newline="") as file:
        text = file.read()
    METHODS[method](method, constraint, model_dir, text, out, int(window), int(count))


if __name__ == "__main__":
    main()
