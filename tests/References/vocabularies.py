#!/usr/bin/env python3
"""vocabularies.py OUT: small vocabularies of each kind, and the ids that Hugging Face's tokenizers give some texts, with the texts they give back.

Writes OUT/NAME.json: `tokenizer` (a tokenizer.json), and `cases`: text, ids without special tokens, and what the ids become as a text. Needs
tokenizers. The vocabularies are learnt of the texts below: small, so that most words fall apart.
"""
import json, os, sys

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
LLAMA3 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"

CORPUS = """The miller's daughter didn't count the sacks; she'd weighed them, and they'll weigh the same tomorrow. "Twelve," she said, "or 1,250 grams
less than 12 sacks of 2026." Above the weir the river is 31.7 metres wide and cold, and below it the owls sit in the alders and wait.
Der Müller zählte die Säcke über Nacht; größere Mühlen mahlen langsamer. Le meunier était déjà là, près de l'écluse, où l'eau tombait.
El niño pequeño vio un búho. Мельник считал мешки у реки. 水車小屋の娘は袋を数えた。磨坊主数着麻袋。 방앗간 주인은 자루를 세었다. הטוחן ספר שקים
def weigh(sacks):\n    total = 0\n    for sack in sacks:\n\t\ttotal += sack.weight  # grams\n    return total / len(sacks)
{"mill": [1, 2.5, -3e4], "open": true, "owls": null}\nhttps://example.org/mill?sacks=12&owls=3#weir\nI'VE SEEN IT'S WE'RE they'd wouldn't
"""
TEXTS = [
    "", " ", "  ", "   ", "\n", "\n\n", "\t", "\r\n", "a", "A", "é", "e\u0301", "Hello", " Hello", "Hello ", "  Hello  ", "Hello, world!", "hello   world",
    "The miller's daughter didn't count the sacks.", "THE MILLER'S DAUGHTER'S", "they'll we've I'm you'd it's he'S", "1", "12", "123", "1234", "12345678", "3.14159", "1,250",
    "x=1;y=22;z=333", "Mühle größer Straße", "l'écluse où déjà", "Мельник у реки", "水車小屋の娘", "磨坊主数着麻袋", "방앗간 주인", "הטוחן ספר", "नदी के पास", "ไม่มีช่องว่าง",
    "🦉", "🦉🦉 owl🦉", "👩‍🌾 farmer", "🇨🇭", "naïve café ﬁne Ⅻ ①", "ＦＵＬＬ width", "a\u00a0b", "a\u200bb", "a\u3000b", "tab\tand\nline\r\nend", "    indented\n        more\n",
    "def f(x):\n    return x**2  # square\n", '{"a": [1, 2.5, -3e4]}', "https://example.org/mill?sacks=12&owls=3", "!!! ??? ... --- ___", "(a)[b]{c}<d>", "$5.00 50% #1 @x",
    "ends with newline\n", "\n starts with newline", "a\n\n\nb", "word" * 20, "ab" * 40, "ÀÉÎÕÜ àéîõü", "ǅ ŉ İ ı ß ẞ", "\u0001\u007f", "▁under▁", "Ġspace Ċline", "<unk> <s> </s>", "[UNK] [CLS]",
    "the end<end>of it", "<end><end> x", " <end> ",
]
END = AddedToken("<end>", special=True, normalized=False)


def train(model, trainer, normalizer=None, pre_tokenizer=None, decoder=None, post_processor=None):
    made = Tokenizer(model)
    if normalizer:
        made.normalizer = normalizer
    if pre_tokenizer:
        made.pre_tokenizer = pre_tokenizer
    made.decoder = decoder
    if post_processor:
        made.post_processor = post_processor
    made.train_from_iterator(CORPUS.split("\n") + TEXTS[12:37], trainer)
    return made


def byte_level(pre_tokenizer, normalizer=None, ignore_merges=False):
    trainer = trainers.BpeTrainer(vocab_size=420, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=[END], show_progress=False)
    return train(models.BPE(ignore_merges=ignore_merges), trainer, normalizer, pre_tokenizer, decoders.ByteLevel(), processors.ByteLevel(trim_offsets=False))


def split(expression):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(expression), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def with_bytes(normalizer, decoder, **more):
    """Pieces with ▁ for spaces, and bytes for what the alphabet lacks."""
    specials = ["<unk>", "<s>", "</s>", *[f"<0x{value:02X}>" for value in range(256)]]
    trainer = trainers.BpeTrainer(vocab_size=560, special_tokens=[*specials, END], limit_alphabet=90, show_progress=False)
    made = train(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True), trainer, normalizer, None, decoder)
    # Bytes and <unk> are no text that is looked for.
    written = json.loads(made.to_str())
    written["added_tokens"] = [token for token in written["added_tokens"] if not token["content"].startswith("<0x")]
    return Tokenizer.from_str(json.dumps(written))


def unigram():
    trainer = trainers.UnigramTrainer(vocab_size=360, special_tokens=["<pad>", "</s>", "<unk>", END], unk_token="<unk>", show_progress=False)
    return train(models.Unigram(), trainer, normalizers.NFC(), pre_tokenizers.Metaspace(), decoders.Metaspace())


def word_piece():
    trainer = trainers.WordPieceTrainer(vocab_size=420, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", END], show_progress=False)
    return train(models.WordPiece(unk_token="[UNK]"), trainer, normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer(), decoders.WordPiece())


MADE = {
    "byte-level": lambda: byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False)),
    "byte-level-llama3": lambda: byte_level(split(LLAMA3), ignore_merges=True),
    "byte-level-qwen2": lambda: byte_level(split(QWEN2), normalizers.NFC()),
    "byte-level-digits": lambda: byte_level(
        pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])),
    "pieces": lambda: with_bytes(
        normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]),
        decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])),
    "pieces-without-prefix": lambda: with_bytes(
        normalizers.Replace(" ", "▁"), decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])),
    "unigram": unigram,
    "word-piece": word_piece,
}


def main():
    os.makedirs(sys.argv[1], exist_ok=True)
    for name, make in MADE.items():
        made = make()
        written = json.loads(made.to_str())
        loaded = Tokenizer.from_str(json.dumps(written))
        cases = []
        for text in TEXTS:
            ids = loaded.encode(text, add_special_tokens=False).ids
            cases.append([text, ids, loaded.decode(ids, skip_special_tokens=False)])
        with open(f"{sys.argv[1]}/{name}.json", "w", encoding="utf-8") as file:
            lines = ",\n".join("    " + json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)
            tokenizer = json.dumps(written, ensure_ascii=False, separators=(",", ":"))
            file.write(f'{{\n  "made_with": "tokenizers {tokenizers.__version__}",\n  "tokenizer": {tokenizer},\n  "cases": [\n{lines}\n  ]\n}}\n')
        print(name, loaded.get_vocab_size(), sum(len(ids) for _, ids, _ in cases), os.path.getsize(f"{sys.argv[1]}/{name}.json"))


if __name__ == "__main__":
    main()
