"""Trains small SentencePiece models with the original library and encodes texts with it: the golden ids that
SentencePieceGoldenTest holds awp's reader against.

Run by hand from this folder with the sentencepiece package, `python3 pieces.py`; writes
../resources/dev/awp/tokenizer/*.model.base64 and *.json. The text to train on is made here.
"""
import base64
import io
import itertools
import json
import pathlib

import sentencepiece

OUT = pathlib.Path(__file__).parent / "../resources/dev/awp/tokenizer"

SUBJECTS = ["The heron", "A small mill", "Her brother", "The old ferry", "Nobody", "This engine", "The baker's son"]
VERBS = ["waited", "was turning", "had forgotten", "carries", "never sold", "is measuring", "counted"]
OBJECTS = ["beside the river", "in 1974", "the seven letters", "a wooden box", "without hurry", "näher am Fluss", "12.50"]
SENTENCES = [f"{s} {v} {o}." for s, v, o in itertools.product(SUBJECTS, VERBS, OBJECTS)]

CASES = {
    # As LLaMA and Mistral have it.
    "bpe-bytes": dict(model_type="bpe", vocab_size=420, byte_fallback=True, split_digits=True,
                      normalization_rule_name="identity", remove_extra_whitespaces=False,
                      allow_whitespace_only_pieces=True, user_defined_symbols=["  ", "<|turn|>", "\n\n"]),
    # As Gemma has it.
    "bpe-no-prefix": dict(model_type="bpe", vocab_size=400, byte_fallback=True, normalization_rule_name="identity",
                          remove_extra_whitespaces=False, add_dummy_prefix=False, bos_piece="<bos>",
                          eos_piece="<eos>", pad_id=0, eos_id=1, bos_id=2, unk_id=3,
                          user_defined_symbols=["<start_of_turn>", "▁▁", "▁▁▁"]),
    "bpe-unknown": dict(model_type="bpe", vocab_size=150, normalization_rule_name="identity"),
    "unigram": dict(model_type="unigram", vocab_size=180, normalization_rule_name="identity"),
    "unigram-bytes": dict(model_type="unigram", vocab_size=440, byte_fallback=True,
                          normalization_rule_name="identity", remove_extra_whitespaces=False,
                          user_defined_symbols=["<|turn|>", "river"]),
    "unigram-suffix": dict(model_type="unigram", vocab_size=180, normalization_rule_name="identity",
                           treat_whitespace_as_suffix=True),
}

TEXTS = [
    "",
    " ",
    "The heron waited beside the river.",
    "  Two  spaces,   three    four     five\n\nand a paragraph.\n\n\n",
    "Unseen words: quixotic zephyrs, 3141592.65",
    "Grüße, naïve café — “quotes” … €",
    "日本語 and עברית and 🙂🙃 together",
    "<|turn|>user <start_of_turn>model <s> </s> <0x0A> ▁ ▁▁ <unk>",
    "tabs\tand\r\nreturns\u00a0and\u200bzero width",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa rrrriver riverriver",
    "The old ferry is measuring the seven letters. Nobody carries 12.50 in 1974. " * 3,
    "�\u0000\ufeff",
]


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for name, options in CASES.items():
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(SENTENCES), model_writer=model, num_threads=1, minloglevel=2,
            hard_vocab_limit=options["model_type"] == "bpe", **options)
        processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
        (OUT / f"{name}.model.base64").write_bytes(base64.encodebytes(model.getvalue()))
        golden = {"bos": processor.bos_id(), "vocabulary": processor.get_piece_size(),
                  "texts": TEXTS, "ids": [processor.encode(text) for text in TEXTS]}
        (OUT / f"{name}.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
