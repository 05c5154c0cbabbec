# Copyright the awp authors
# SPDX-License-Identifier: Apache-2.0
"""Renders chat templates with transformers, and compares with what awp renders.

  chat-templates.py prepare FOLDER WORK.json     templates of a folder, conversations, and what transformers makes of each pair
  chat-templates.py expect CASES.json            fills in what transformers makes of the cases of JinjaTemplateTest
  chat-templates.py compare WORK.json AWP.json   a table of the pairs; exit code 1 where awp renders other characters
"""
import collections
import copy
import datetime
import json
import pathlib
import sys

NOW = datetime.datetime(2026, 7, 6, 9, 5, 3)
TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}


def message(role, content, **fields):
    return {"role": role, "content": content, **fields}


def conversation(*messages, prompt=False, tools=None):
    return {"messages": list(messages), "add_generation_prompt": prompt, "tools": tools}


CALL = {"id": "abcdefghi", "type": "function",
        "function": {"name": "f", "arguments": {"x": 1.5, "y": [True, None, "\u00e9\n"], "z": {}, "big": 1e22, "n": -3}}}
TOOLS = [{"type": "function", "function": {
    "name": "f", "description": "Does \"f\".", "parameters": {
        "type": "object", "required": ["x"], "properties": {
            "x": {"type": "number", "description": "a number"},
            "y": {"type": "array", "items": {"type": ["boolean", "null"]}},
            "z": {"type": "object", "properties": {}},
            "e": {"type": "string", "enum": ["p", "q\u00e9"], "default": "p"}}}}}]
CONVERSATIONS = [
    conversation(message("user", "Hi there! \u00e9 \u2713 \U0001d11e"), prompt=True),
    conversation(message("system", "Be brief."), message("user", " Two\nlines "), message("assistant", " Yes. "),
                 message("user", "It's \"q\" <b>&amp;"), prompt=True),
    conversation(message("user", "a"), message("assistant", "b")),
    conversation(message("user", "a"), message("assistant", "<think>\nhm\n</think>\n\nb"), message("user", "c"),
                 message("assistant", "d", reasoning_content="r")),
    conversation(message("user", "w?"), message("assistant", "", tool_calls=[CALL]),
                 message("tool", "{\"t\": 3}", tool_call_id="abcdefghi", name="f"), message("assistant", "3"), prompt=True),
    conversation(message("user", "w?"), message("assistant", None, tool_calls=[CALL]),
                 message("tool", "{\"t\": 3}", tool_call_id="abcdefghi"), prompt=True),
    conversation(message("user", "w?"), prompt=True, tools=TOOLS),
    conversation(message("system", "s"), message("user", "w?"), message("assistant", "", tool_calls=[CALL, CALL]),
                 message("tool", "{\"t\": 3}", tool_call_id="abcdefghi", name="f"),
                 message("tool", "4", tool_call_id="abcdefghi", name="f"), message("assistant", "3"),
                 message("user", "thanks"), prompt=True, tools=TOOLS + TOOLS),
    conversation(message("user", [{"type": "text", "text": "parts"}, {"type": "text", "text": " of it"}])),
    conversation(message("system", [{"type": "text", "text": "s"}]), message("user", [{"type": "text", "text": "u"}]),
                 message("assistant", [{"type": "text", "text": "x"}])),
    conversation(message("user", "a"), message("user", "b")),
    conversation(message("assistant", "first")),
    conversation(message("user", ""), message("assistant", "  \n\n x \n"), message("user", "c" * 50), prompt=True),
    conversation(message("developer", "d"), message("user", "e"), message("assistant", "f", thinking="g"), prompt=True),
    conversation(),
]


def transformers_at(time):
    from transformers.utils import chat_template_utils as utils

    class Then(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return time

    utils.datetime = Then
    return utils


def expect(path):
    table = json.load(open(path))
    utils = transformers_at(datetime.datetime.fromisoformat(table["now"]))
    for case in table["cases"]:
        try:
            template = utils._compile_jinja_template(case["template"])
            case["expected"] = template.render(**copy.deepcopy(table["variables"]))
        except Exception:
            case["expected"] = None
    pathlib.Path(path).write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n")


def rendering(template, chat):
    utils = transformers_at(NOW)
    messages = [{k: v for k, v in m.items() if v is not None} for m in chat["messages"]]
    try:
        texts, _ = utils.render_jinja_template(
            [messages], tools=chat["tools"], chat_template=template,
            add_generation_prompt=chat["add_generation_prompt"], **TOKENS)
        return {"text": texts[0]}
    except Exception as e:  # whatever a template does
        return {"refusal": f"{type(e).__name__}: {e}"}


def prepare(folder, work):
    files = sorted(pathlib.Path(folder).rglob("*.jinja"))
    templates = {str(f.relative_to(folder)): f.read_bytes().decode() for f in files}
    json.dump({"now": NOW.isoformat(), "tokens": TOKENS, "conversations": CONVERSATIONS, "templates": templates,
               "expected": {n: [rendering(t, c) for c in CONVERSATIONS] for n, t in templates.items()}},
              open(work, "w"))


def compare(work, awp):
    given, results = json.load(open(work)), json.load(open(awp))
    totals, why, wrong = collections.Counter(), collections.Counter(), 0
    for name, expected in given["expected"].items():
        counts = collections.Counter()
        for i, (theirs, ours) in enumerate(zip(expected, results[name])):
            if "text" in theirs and "text" in ours:
                kind = "equal" if theirs == ours else "OTHER CHARACTERS"
            elif "text" in theirs:
                kind = "refused by awp alone"
                why[ours["refusal"].split(": ", 1)[1]] += 1
            else:
                kind = "refused by both" if "refusal" in ours else "RENDERED BY AWP ALONE"
            counts[kind] += 1
            if kind.isupper():
                wrong += 1
                print(f"  {name}, conversation {i}: {kind}\n    transformers: {theirs}\n    awp:          {ours}")
        totals.update(counts)
        print(f"{name}: " + ", ".join(f"{n} {k}" for k, n in counts.items()))
    print(f"{len(results)} templates, {len(CONVERSATIONS)} conversations: " + ", ".join(f"{n} {k}" for k, n in totals.items()))
    for sentence, count in why.most_common():
        print(f"  {count} refused: {sentence}")
    return 1 if wrong else 0


MODES = {"prepare": (prepare, 2), "expect": (expect, 1), "compare": (compare, 2)}
if __name__ == "__main__":
    mode, count = MODES.get(sys.argv[1] if len(sys.argv) > 1 else "", (None, 0))
    if mode is None or len(sys.argv) != 2 + count:
        sys.exit(__doc__)
    sys.exit(mode(*sys.argv[2:]))
