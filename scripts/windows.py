"""Windows of tokens as awp cuts them, for the scripts that set other programs beside it."""


def leading(tokenizer):
    """The tokens that a tokenizer of transformers puts before a text."""
    inner = tokenizer("a", add_special_tokens=False)["input_ids"]
    whole = tokenizer("a")["input_ids"]
    return whole[: len(whole) - len(inner)] if whole[-len(inner) :] == inner else []


def cut(ids, begin, window, windows):
    """At most so many windows of a text's tokens, each beginning with the tokens that are put before a text."""
    parts, at = [], 0
    while len(parts) < windows:
        part = ids[at : at + window] if at == 0 else begin + ids[at : at + window - len(begin)]
        if len(part) < window:
            break
        parts.append(part)
        at += window if at == 0 else window - len(begin)
    return parts
