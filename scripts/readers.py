"""Reads model folders and GGUF files with the programs that people use, and prints what they make of a text.

Called by scripts/readers: readers.py transformers|llama.cpp MODEL TEXT WINDOW WINDOWS PROMPT TOKENS, prints one line of JSON.
"""

import json
import math
import sys


def cut(ids, begin, window, windows):
    """Windows as awp cuts them: each begins with the tokens that the tokenizer puts before a text."""
    parts, at = [], 0
    while len(parts) < windows:
        part = ids[at : at + window] if at == 0 else begin + ids[at : at + window - len(begin)]
        if len(part) < window:
            break
        parts.append(part)
        at += window if at == 0 else window - len(begin)
    return parts


def of_transformers(model_dir, text, window, windows, prompt, count):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(2)
    tokenizer = AutoTokenizer.from_pretrained(model_dir)
    model = AutoModelForCausalLM.from_pretrained(model_dir, dtype=torch.float32).eval()
    ids = tokenizer(text)["input_ids"]
    inner = tokenizer("a", add_special_tokens=False)["input_ids"]
    whole = tokenizer("a")["input_ids"]
    begin = whole[: len(whole) - len(inner)] if whole[-len(inner) :] == inner else []
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


def main():
    reader, model, text_file, window, windows, prompt, count = sys.argv[1:]
    with open(text_file, encoding="utf-8") as file:
        text = file.read()
    read = of_transformers if reader == "transformers" else of_llama_cpp
    print(json.dumps(read(model, text, int(window), int(windows), prompt, int(count))))


main()
