"""Makes cases.json: what Python gives for small tokenizers that have no tokenizer.json.

Python 3.11, sentencepiece 0.2.3, transformers 4.41.2, fugashi 1.3.2, protobuf. Run in this folder:
    gunzip -k ../mecab/char.bin.gz; python make.py; rm ../mecab/char.bin
The texts to train on are made up here. MeCab's dictionary is ../mecab.
"""
import base64
import json
import os
import random
import shutil
import tempfile

import sentencepiece
import transformers
from sentencepiece import sentencepiece_model_pb2 as pb
from transformers import BertJapaneseTokenizer, MLukeTokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
random.seed(5)
NOUNS = ["猫", "犬", "東京", "京都", "学生", "コーヒー", "ねこ", "本", "雨", "電車", "book", "GPT", "12", "3,5"]
PARTICLES = ["は", "が", "を", "に", "の", "と"]
VERBS = ["見る", "見た", "走る", "食べます", "です", "でした", "降っている", "runs"]
LINES = ["".join([random.choice(NOUNS), random.choice(PARTICLES), random.choice(NOUNS), random.choice(PARTICLES), random.choice([" ", "", ""]), random.choice(VERBS), random.choice("。！")]) for _ in range(3000)]
SIGNS = list("猫犬東京学生のはがを見るでした。！ \u3000\t▁abGPＡ1２3,①か\u3099ｶﾞｶﾊﾟé e\u0301\u200b\ufeff\x85\x1c\x00𠮷😀龘ΩΣ㎒") + ["[SEP]", "[CLS]", "[MASK]", "<s>", "</s>", " <mask> ", "<ent>", "<unk>", "東京", "です", "...", "''", "``", "##", "コーヒー", "「", "ます"]
TEXTS = ["", " ", "猫は東京を見る。", "  GPT  と book ", "12,3,5を 見た", "<0xE7>", ".....", "▁▁ ▁", "ｶﾞｶﾞとか\u3099", "[SEP]猫[cls]", "東京です ます です", "コーヒー豆を\tABCとabc", "x" * 120, "ΟΔΟΣ㎒"]
TEXTS += ["".join(random.choice(SIGNS) for _ in range(random.randint(1, 14))) for _ in range(40)]


def train(folder, name, **options):
    rules = os.path.join(folder, "rules.tsv")
    with open(rules, "w") as f:
        for source, target in [("Ａ", "A"), ("２", "2"), ("①", "1"), ("\u3000", " "), ("\t", " "), ("ｶ", "カ"), ("ｶﾞ", "ガ"), ("か\u3099", "が"), ("ﾊﾟ", "パ"), ("㎒", "MHz"), ("\u200b", "")]:
            f.write(" ".join("%X" % ord(c) for c in source) + "\t" + " ".join("%X" % ord(c) for c in target) + "\n")
    text = os.path.join(folder, "lines.txt")
    with open(text, "w") as f:
        f.write("\n".join(LINES))
    standard = {"vocab_size": 150, "character_coverage": 0.995, "normalization_rule_tsv": rules, "minloglevel": 2, "hard_vocab_limit": False}
    sentencepiece.SentencePieceTrainer.train(input=text, model_prefix=os.path.join(folder, name), **{**standard, **options})
    with open(os.path.join(folder, name + ".model"), "rb") as f:
        model = pb.ModelProto.FromString(f.read())
    model.trainer_spec.input[:] = []
    model.trainer_spec.model_prefix = ""
    model.normalizer_spec.normalization_rule_tsv = ""
    return model


def models(folder):
    own = {"user_defined_symbols": ["東京", "です。", "の 本"]}
    yield "unigram", train(folder, "unigram")
    yield "user-defined", train(folder, "user-defined", **own)
    yield "bytes", train(folder, "bytes", vocab_size=400, byte_fallback=True, remove_extra_whitespaces=False, add_dummy_prefix=False)
    yield "suffix", train(folder, "suffix", treat_whitespace_as_suffix=True)
    yield "bpe", train(folder, "bpe", model_type="bpe", vocab_size=120)
    yield "bpe-user-defined", train(folder, "bpe-user-defined", model_type="bpe", vocab_size=420, byte_fallback=True, **own)
    bpe = train(folder, "bpe-unused", model_type="bpe", vocab_size=120)
    normal = [p for p in bpe.pieces if p.type == 1 and len(p.piece) > 1]
    for p in normal[::3]:
        p.type = 5
    yield "bpe-unused", bpe
    ties = train(folder, "ties", split_by_whitespace=False)
    for p in ties.pieces:
        p.score = float(round(p.score)) if p.type == 1 else p.score
    yield "ties", ties
    yield "bert", train(folder, "bert", control_symbols=["[PAD]", "[CLS]", "[SEP]", "[MASK]"], unk_piece="[UNK]", bos_id=-1, eos_id=-1)


WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "東京", "です", "猫", "##京", "東", "コー", "##ヒー", "は", "を", "の", "a", "##b", "##c", "A", "b", "1", "2", "3", ",", "。", "見", "る", "##る", "か", "が", "x", "##x", "[", "]", "se", "##p", "sep", "σ", "m", "##hz", "ー", "豆", "ます", "東"]
MECAB = {"word_tokenizer_type": "mecab", "mecab_kwargs": {"mecab_dic": None, "mecab_option": "-r /dev/null -d mecab"}}
JAPANESE = {
    "mecab, pieces": {**MECAB},
    "mecab, lower case": {**MECAB, "do_lower_case": True, "never_split": ["MHz"]},
    "mecab, characters": {**MECAB, "subword_tokenizer_type": "character"},
    "mecab, SentencePiece": {**MECAB, "subword_tokenizer_type": "sentencepiece"},
    "mecab, no NFKC": {"word_tokenizer_type": "mecab", "subword_tokenizer_type": "character", "mecab_kwargs": {"mecab_dic": None, "mecab_option": '-d "mecab" -r/dev/null -O wakati', "normalize_text": False}},
    "basic words": {"do_lower_case": False},
    "basic words, lower case": {"do_lower_case": True, "never_split": ["ABC"]},
    "no words": {"do_word_tokenize": False, "subword_tokenizer_type": "sentencepiece"},
    "added tokens": {**MECAB, "do_lower_case": True, "additional_special_tokens": ["ます", "Ω"], "added_tokens_decoder": {
        "50": {"content": "東京", "lstrip": True, "rstrip": True, "single_word": False, "normalized": True, "special": False},
        "51": {"content": "です", "lstrip": False, "rstrip": False, "single_word": True, "normalized": False, "special": False}}},
}
LUKE = {
    "as saved": {},
    "older files": {"mask_token": {"__type": "AddedToken", "content": "<mask>", "lstrip": True, "rstrip": False, "single_word": False, "normalized": True}},
}


def write(folder, name, content):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
        f.write(content)


def main():
    work = tempfile.mkdtemp()
    os.symlink(os.path.join(HERE, "..", "mecab"), os.path.join(work, "mecab"))
    os.chdir(work)
    found = dict(models(work))
    pieces = {}
    for name, model in found.items():
        processor = sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString())
        encoded = [processor.encode(text, out_type=str) for text in TEXTS]
        pieces[name] = encoded
    tokenizers = []
    for title, config in JAPANESE.items():
        folder = os.path.join(work, "model")
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        config = {"tokenizer_class": "BertJapaneseTokenizer", "model_max_length": 512, **config}
        files = {"tokenizer_config.json": json.dumps(config, ensure_ascii=False), "vocab.txt": "\n".join(WORDS) + "\n"}
        for name, content in files.items():
            write(folder, name, content)
        with open(os.path.join(folder, "spiece.model"), "wb") as f:
            f.write(found["bert"].SerializeToString())
        tokenizer = BertJapaneseTokenizer.from_pretrained(folder)
        tokenizers.append({"title": "BertJapanese, " + title, "files": files, "model": {"spiece.model": "bert"}, "ids": [tokenizer(t)["input_ids"] for t in TEXTS]})
    for title, extra in LUKE.items():
        folder = os.path.join(work, "luke")
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        vocabulary = os.path.join(work, "sentencepiece.bpe.model")
        with open(vocabulary, "wb") as f:
            f.write(found["unigram"].SerializeToString())
        write(work, "entity_vocab.json", json.dumps({"[MASK]": 0, "[UNK]": 1, "[PAD]": 2, "[MASK2]": 3}))
        tokenizer = MLukeTokenizer(vocabulary, os.path.join(work, "entity_vocab.json"), model_max_length=512)
        tokenizer.save_pretrained(folder)
        if extra:
            config = {"tokenizer_class": "MLukeTokenizer", "model_max_length": 512, **extra}
            write(folder, "tokenizer_config.json", json.dumps(config))
        tokenizer = MLukeTokenizer.from_pretrained(folder)
        names = ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"]
        files = {name: open(os.path.join(folder, name), encoding="utf-8").read() for name in names}
        files = {name: json.dumps(json.loads(text), ensure_ascii=False) for name, text in files.items()}
        tokenizers.append({"title": "MLuke, " + title, "files": files, "model": {"sentencepiece.bpe.model": "unigram"}, "ids": [tokenizer(t)["input_ids"] for t in TEXTS]})
    line = lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    with open(os.path.join(HERE, "cases.json"), "w") as f:
        versions = {"sentencepiece": sentencepiece.__version__, "transformers": transformers.__version__}
        f.write('{"versions":%s,\n"texts":%s,\n"models":{\n' % (line(versions), line(TEXTS)))
        f.write(",\n".join(line(n) + ":" + line(base64.b64encode(m.SerializeToString()).decode()) for n, m in found.items()))
        f.write('},\n"sentencepiece":{\n' + ",\n".join(line(n) + ":" + line(v) for n, v in pieces.items()))
        f.write('},\n"tokenizers":[\n' + ",\n".join(line(t) for t in tokenizers) + "]}\n")


main()
