"""Reads model folders and GGUF files with the programs that people use, and prints what they make of a text.

Called by scripts/readers: readers.py READER MODEL TEXT WINDOW WINDOWS PROMPT TOKENS, prints one line of JSON. READER is one of

    transformers              what from_pretrained makes of the folder, in float32
    transformers-dequantized  the same with CompressedTensorsConfig(dequantize=True)
    gptqmodel                 GPTQModel's loader, its reading of the configuration, its conversion between the versions and its
                              dequantizers, in float32; the products are torch's, for GPTQModel's kernels compute in 16 bits
    llama.cpp                 llama.cpp by way of its Python package
"""

import json
import math
import os
import sys

from windows import cut, leading


def of_transformers(model_dir, *task):
    return of_torch(model_dir, loaded(model_dir), *task)


def of_dequantized(model_dir, *task):
    from transformers import CompressedTensorsConfig

    return of_torch(model_dir, loaded(model_dir, quantization_config=CompressedTensorsConfig(dequantize=True)), *task)


def loaded(model_dir, **more):
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(model_dir, dtype=torch.float32, **more)


def of_gptqmodel(model_dir, *task):
    import torch
    from gptqmodel import BACKEND, GPTQModel
    from gptqmodel.nn_modules.qlinear import BaseQuantLinear
    from gptqmodel.quantization.awq.utils.packing_utils import dequantize_gemm

    with open(f"{model_dir}/config.json", encoding="utf-8") as file:
        awq = json.load(file)["quantization_config"]["quant_method"] == "awq"
    # bfloat16 holds the scales and the other tensors of such a model exactly.
    backend = BACKEND.TORCH_AWQ if awq else BACKEND.TORCH
    model = GPTQModel.load(model_dir, device="cpu", backend=backend, dtype=torch.bfloat16).model
    for name, layer in list(model.named_modules()):
        if not isinstance(layer, BaseQuantLinear):
            continue
        layer.scales = layer.scales.float()
        with torch.inference_mode():
            weight = (
                dequantize_gemm(layer.qweight, layer.qzeros, layer.scales, layer.bits, layer.group_size)
                if awq
                else layer.dequantize_weight()
            )
        plain = torch.nn.Linear(weight.shape[0], weight.shape[1], bias=layer.bias is not None)
        plain.weight = torch.nn.Parameter(weight.T.float().clone(), requires_grad=False)
        if layer.bias is not None:
            plain.bias = torch.nn.Parameter(layer.bias.float(), requires_grad=False)
        model.set_submodule(name, plain)
    return of_torch(model_dir, model.float(), *task)


def of_torch(model_dir, model, text, window, windows, prompt, count):
    import torch
    from transformers import AutoTokenizer

    torch.set_num_threads(2)
    tokenizer = AutoTokenizer.from_pretrained(model_dir)
    model = model.eval()
    ids = tokenizer(text)["input_ids"]
    begin = leading(tokenizer)
    total, terms = 0.0, 0
    with torch.no_grad():
        for tokens in cut(ids, begin, window, windows):
            part = torch.tensor([tokens])
            logits = model(part).logits[0, :-1].double()
            loss = torch.nn.functional.cross_entropy(logits, part[0, 1:], reduction="sum")
            total += loss.item()
            terms += window - 1
        given = tokenizer(prompt, return_tensors="pt")["input_ids"]
        made = model.generate(given, max_new_tokens=count, do_sample=False, num_beams=1, repetition_penalty=1.0)
    return {
        "tokens": len(ids),
        "perplexity": math.exp(total / terms),
        "continuation": tokenizer.decode(made[0], skip_special_tokens=True),
    }


def of_llama_cpp(model, text, window, windows, prompt, count):
    import llama_cpp
    import numpy as np

    llama = llama_cpp.Llama(
        model, n_ctx=window, n_batch=window, n_ubatch=window, logits_all=True, verbose=False, n_threads=2
    )
    begins = bool(llama_cpp.llama_vocab_get_add_bos(llama_cpp.llama_model_get_vocab(llama._model.model)))
    ids = llama.tokenize(text.encode(), add_bos=begins, special=True)
    total, terms = 0.0, 0
    for part in cut(ids, ids[:1] if begins else [], window, windows):
        llama.reset()
        llama.eval(part)
        logits = np.asarray(llama.scores[: window - 1], dtype=np.float64)
        norm = np.logaddexp.reduce(logits, axis=1)
        total += float((norm - logits[np.arange(window - 1), part[1:]]).sum())
        terms += window - 1
    given = llama.tokenize(prompt.encode(), add_bos=begins, special=True)
    llama.reset()
    llama.eval(given)
    made = []
    ends = {llama.token_eos()}
    for _ in range(count):
        token = int(np.argmax(llama.scores[llama.n_tokens - 1]))
        if token in ends:
            break
        made.append(token)
        llama.eval([token])
    return {
        "tokens": len(ids),
        "perplexity": math.exp(total / terms),
        "continuation": prompt + llama.detokenize(made, prev_tokens=given).decode(errors="replace"),
    }


READERS = {
    "transformers": of_transformers,
    "transformers-dequantized": of_dequantized,
    "gptqmodel": of_gptqmodel,
    "llama.cpp": of_llama_cpp,
}


def main():
    reader, model, text_file, window, windows, prompt, count = sys.argv[1:]
    with open(text_file, encoding="utf-8", newline="") as file:
        text = file.read()
    # What libraries print goes to standard error, whether Python or C writes it.
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    found = READERS[reader](model, text, int(window), int(windows), prompt, int(count))
    print(json.dumps(found), file=answer, flush=True)


if __name__ == "__main__":
    main()
