#!/usr/bin/env python3
"""Run a kept language model without Emeritus and without any engine: Python and numpy alone.

    python3 -I run_emeritus.py MODEL --prompt TEXT [--chat] [--tokens N] [--top K] [--json]
    python3 -I run_emeritus.py MODEL --against FINGERPRINT [--probes N] [--json]

MODEL is a GGUF file (of a split one, the first part), or a folder that has config.json,
tokenizer.json and *.safetensors. `read_emeritus.py`, which lies beside this file, restores both.

The first form writes on from TEXT, always with the likeliest token; --chat puts TEXT into the
model's own chat template, and --top also prints the K likeliest tokens at every place.
The second form reads what a model answered when it was drilled (specs/fingerprint.md; the command
`grep -rl '^{"answers":' objects` finds it) and says whether this arithmetic gives the same.

This file is meant to be read. It is slow, and it shows the whole way from bytes to words:

    1. numbers     how weights lie in a file, and become 32-bit floats
    2. files       GGUF and safetensors: names, shapes, and where the numbers begin
    3. tokenizer   text becomes numbers, and numbers text
    4. template    how a question is put to a model that was trained to chat
    5. the model   the Llama family: attention and feed-forward, layer upon layer
    6. answering   the likeliest token, again and again; and the comparison with a fingerprint
    7. command     what was asked on the command line

It knows the architectures llama (Mistral and SmolLM too), qwen2 and qwen3. Of others it says
"engine only". Nothing in a file is believed: what does not fit is one sentence on the error stream.

Exit status: 0 done, or the answers agree; 1 a file cannot be used; 2 the command was not
understood; 3 engine only; 4 larger than --most allows; 5 the answers differ.
"""

import argparse
import heapq
import json
import math
import mmap
import os
import re
import struct
import sys
import unicodedata

try:
    import numpy as np
except ImportError:
    sys.exit("run_emeritus.py needs numpy: python3 -m pip install numpy, for all users "
             "or in a virtual environment, since -I does not look into a home folder")

MOST_TENSORS = 100_000
MOST_KEYS = 10_000
MOST_TEXTS = 4_000_000  # in lists, together; a vocabulary of 262,144 and its merges have 800,000
LONGEST_HEADER = 100 << 20  # of a safetensors file; its own readers have the same bound
PART_ELEMENTS = 1 << 24  # weights that are decoded together; bounds the memory used
PROMPT_PART = 256  # tokens of a prompt that are evaluated together; bounds the memory used


class Bad(Exception):
    """Something is not what it must be. The message is one sentence; `status` is for exit()."""

    status = 1


class EngineOnly(Bad):
    """The file may well be sound, but it needs an engine that knows more than this one."""

    status = 3


class TooLarge(Bad):
    """It would take longer than the caller allows."""

    status = 4


# ------------------------------------------------------------------------------- 1. Numbers
# Weights lie in rows. A row is a number of blocks, and a block holds 1, 32 or 256 weights: whole
# floats, or small whole numbers with the scale that they share. Every function below takes the
# blocks as bytes, one block a row, and returns their weights as 32-bit floats.
# Source: ggml-quants.c of ggml, which defines these formats.

def halves(data):
    """Read 16-bit floats."""
    return np.ascontiguousarray(data).view("<f2").astype(np.float32)

def unpack(data, together, shifts, mask):
    """Take small numbers out of bytes.

    Of every `together` bytes first the bits at the first shift, of each byte; then those at the
    second shift, of each byte; and so on.
    """
    groups = data.reshape(len(data), -1, 1, together)
    shifted = groups >> np.array(shifts, np.uint8).reshape(1, 1, -1, 1)
    return (shifted & np.uint8(mask)).reshape(len(data), -1)

def grouped(numbers, groups):
    """Let the numbers of each block lie in so many groups of equal size, as floats."""
    return numbers.reshape(len(numbers), groups, -1).astype(np.float32)

def flat(numbers):
    """Let the numbers of each block lie in one row again."""
    return numbers.reshape(len(numbers), -1)

def f32(b):
    return np.ascontiguousarray(b).view("<f4").astype(np.float32)

def bf16(b):
    """The upper half of a 32-bit float."""
    return (np.ascontiguousarray(b).view("<u2").astype(np.uint32) << 16).view(np.float32)

def q8_0(b):
    return halves(b[:, :2]) * b[:, 2:].view(np.int8).astype(np.float32)

def q4_0(b):
    numbers = unpack(b[:, 2:], 16, (0, 4), 15).astype(np.int8) - np.int8(8)
    return halves(b[:, :2]) * numbers.astype(np.float32)

def q4_1(b):
    return halves(b[:, :2]) * unpack(b[:, 4:], 16, (0, 4), 15) + halves(b[:, 2:4])

def fifth_bits(low, bits):
    """Put a fifth bit on top of numbers of four bits."""
    return low | np.unpackbits(bits, axis=1, bitorder="little") << np.uint8(4)

def q5_0(b):
    numbers = fifth_bits(unpack(b[:, 6:], 16, (0, 4), 15), b[:, 2:6]).astype(np.int8) - np.int8(16)
    return halves(b[:, :2]) * numbers.astype(np.float32)

def q5_1(b):
    numbers = fifth_bits(unpack(b[:, 8:], 16, (0, 4), 15), b[:, 4:8])
    return halves(b[:, :2]) * numbers.astype(np.float32) + halves(b[:, 2:4])

# The K formats have 256 weights in a block, in 8 or 16 groups; each group has a small scale, and
# the scales share one or two 16-bit floats.

def q2_k(b):
    scales = (halves(b[:, 80:82]) * (b[:, :16] & 15).astype(np.float32))[..., None]
    least = (halves(b[:, 82:84]) * (b[:, :16] >> 4).astype(np.float32))[..., None]
    return flat(scales * grouped(unpack(b[:, 16:80], 32, (0, 2, 4, 6), 3), 16) - least)

def q3_k(b):
    low = unpack(b[:, 96:104], 8, (0, 4), 15)
    high = unpack(b[:, 104:108], 4, (0, 2, 4, 6), 3) << np.uint8(4)
    scales = halves(b[:, 108:]) * ((low | high).astype(np.int8) - np.int8(32)).astype(np.float32)
    missing = unpack(b[:, :32], 32, range(8), 1) ^ np.uint8(1)  # a bit that is 0 takes 4 away
    numbers = unpack(b[:, 32:96], 32, (0, 2, 4, 6), 3).astype(np.int8)
    return flat(scales[..., None] * grouped(numbers - (missing << np.uint8(2)).astype(np.int8), 16))

def scales_of_4_and_5(b):
    """Return the scale and the least value of the eight groups; 6 bits each, in 12 bytes."""
    one, two, both = b[:, 4:8], b[:, 8:12], b[:, 12:16]
    scales = np.concatenate([one & 63, both & 15 | one >> 2 & 48], axis=1).astype(np.float32)
    least = np.concatenate([two & 63, both >> 4 | two >> 2 & 48], axis=1).astype(np.float32)
    return (halves(b[:, :2]) * scales)[..., None], (halves(b[:, 2:4]) * least)[..., None]

def q4_k(b):
    scales, least = scales_of_4_and_5(b)
    return flat(scales * grouped(unpack(b[:, 16:], 32, (0, 4), 15), 8) - least)

def q5_k(b):
    scales, least = scales_of_4_and_5(b)
    high = unpack(b[:, 16:48], 32, range(8), 1) << np.uint8(4)
    return flat(scales * grouped(unpack(b[:, 48:], 32, (0, 4), 15) | high, 8) - least)

def q6_k(b):
    low = unpack(b[:, :128], 64, (0, 4), 15)
    high = unpack(b[:, 128:192], 32, (0, 2, 4, 6), 3) << np.uint8(4)
    scales = halves(b[:, 208:]) * b[:, 192:208].view(np.int8).astype(np.float32)
    return flat(scales[..., None] * grouped((low | high).astype(np.int8) - np.int8(32), 16))

FORMATS = {  # name: weights in a block, bytes of a block, how to decode it
    "F32": (1, 4, f32), "F16": (1, 2, halves), "BF16": (1, 2, bf16),
    "Q4_0": (32, 18, q4_0), "Q4_1": (32, 20, q4_1), "Q5_0": (32, 22, q5_0),
    "Q5_1": (32, 24, q5_1), "Q8_0": (32, 34, q8_0), "Q2_K": (256, 84, q2_k),
    "Q3_K": (256, 110, q3_k), "Q4_K": (256, 144, q4_k), "Q5_K": (256, 176, q5_k),
    "Q6_K": (256, 210, q6_k),
}

class Matrix:
    """A matrix of weights in a file; a vector is a matrix of one row.

    Its rows are decoded when they are needed, and kept in memory when `keep` is set.
    """

    def __init__(self, data, kind, rows, columns):
        """`data` is the file's bytes (uint8), exactly those of this matrix."""
        self.kind, self.shape, self.keep, self.kept = kind, (rows, columns), False, {}
        self.data = data.reshape(rows, -1)

    def rows(self, which):
        """Return the rows of these numbers, as 32-bit floats."""
        _, size, decode = FORMATS[self.kind]
        data = np.ascontiguousarray(self.data[which])
        return decode(data.reshape(-1, size)).reshape(len(data), self.shape[1])

    def times(self, x):
        """Return the product of every row of x with every row of this matrix."""
        out = np.empty((len(x), self.shape[0]), np.float32)
        step = max(1, PART_ELEMENTS // self.shape[1])
        for start in range(0, self.shape[0], step):
            part = self.kept.get(start)
            if part is None:
                part = self.rows(slice(start, start + step))
                if self.keep:
                    self.kept[start] = part
            out[:, start : start + step] = x @ part.T
        return out


# --------------------------------------------------------------------------------- 2. Files
def open_bytes(path):
    """Return a file's bytes, without reading them yet."""
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise Bad("%s: it is empty" % path)
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as problem:
        raise Bad("%s: it cannot be read (%s)" % (path, problem.strerror)) from None

def matrix(data, name, kind, shape, start):
    """Return the tensor that begins at `start`; shape is that of numpy, the rows last."""
    if kind not in FORMATS:
        raise EngineOnly("the tensor %s is of the type %s, and this executor decodes %s"
                         % (name, kind, ", ".join(FORMATS)))
    block, size, _ = FORMATS[kind]
    if not 1 <= len(shape) <= 4 or min(shape) < 1 or shape[-1] % block:
        raise Bad("the tensor %s has a shape that %s cannot have: %s" % (name, kind, shape))
    length = math.prod(shape) // block * size
    if start < 0 or start + length > len(data):
        raise Bad("the tensor %s does not end inside the file" % name)
    raw = np.frombuffer(data, np.uint8, length, start)
    return Matrix(raw, kind, math.prod(shape[:-1]), shape[-1])

# GGUF: a header of typed keys, a list of tensors, then their bytes, each at an aligned place.
# Source: docs/gguf.md of ggml. All numbers are little-endian.
GGUF_NUMBERS = {0: "<u1", 1: "<i1", 2: "<u2", 3: "<i2", 4: "<u4", 5: "<i4", 6: "<f4", 7: "?",
                10: "<u8", 11: "<i8", 12: "<f8"}
GGUF_TEXT, GGUF_LIST = 8, 9
GGUF_KINDS = {0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0",
              10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 30: "BF16"}

class GgufHeader:
    """Reads the header of a GGUF file, from the front."""

    def __init__(self, data):
        self.data, self.at, self.texts = data, 4, 0

    def take(self, length):
        """Move on over so many bytes; return where they begin."""
        start = self.at
        if length > len(self.data) - start:
            raise Bad("its header is cut off")
        self.at += length
        return start

    def number(self, form):
        return struct.unpack_from("<" + form, self.data, self.take(struct.calcsize("<" + form)))[0]

    def text(self):
        length = self.number("Q")
        start = self.take(length)
        return self.data[start : start + length].decode("utf-8", "replace")

    def value(self, kind):
        if kind == GGUF_TEXT:
            return self.text()
        if kind != GGUF_LIST:
            return self.numbers(kind, 1)[0].item()
        kind, count = self.number("I"), self.number("Q")
        if kind == GGUF_TEXT:
            self.texts += count
            if self.texts > MOST_TEXTS:
                raise Bad("its header has more than %d texts" % MOST_TEXTS)
            return [self.text() for _ in range(count)]
        return self.numbers(kind, count)

    def numbers(self, kind, count):
        """Return numbers of one type; they stay where they are in the file."""
        if kind not in GGUF_NUMBERS:
            raise Bad("its header has a value of the unknown type %d" % kind)
        form = np.dtype(GGUF_NUMBERS[kind])
        return np.frombuffer(self.data, form, count, self.take(count * form.itemsize))

def read_gguf(path):
    """Return (keys, tensors by name) of one GGUF file."""
    data = open_bytes(path)
    head = GgufHeader(data)
    if data[:4] != b"GGUF":
        raise Bad("it does not begin as a GGUF file does")
    version, tensors, keys = head.number("I"), head.number("Q"), head.number("Q")
    if version not in (2, 3):
        raise EngineOnly("it is GGUF of version %d, and this executor reads 2 and 3" % version)
    if tensors > MOST_TENSORS or keys > MOST_KEYS:
        raise Bad("it says that it has %d tensors and %d keys" % (tensors, keys))
    meta = {}
    for _ in range(keys):
        key = head.text()
        meta[key] = head.value(head.number("I"))
    described = {}
    for _ in range(tensors):
        name, dimensions = head.text(), head.number("I")
        if dimensions > 4 or name in described:
            raise Bad("the tensor %s is described twice, or has too many dimensions" % name)
        shape = [head.number("Q") for _ in range(dimensions)][::-1]
        described[name] = shape, head.number("I"), head.number("Q")
    align = meta.get("general.alignment", 32)
    if not isinstance(align, int) or not 1 <= align <= 1 << 20:
        raise Bad("its alignment is not a number from 1 to 1048576")
    start = -(-head.at // align) * align
    found = {name: matrix(data, name, GGUF_KINDS.get(kind, "%d of ggml" % kind), shape, start + at)
             for name, (shape, kind, at) in described.items()}
    check_size(found, len(data))
    return meta, found

def check_size(found, length):
    """See that tensors do not share bytes: then what is decoded grows with the file alone."""
    if sum(one.data.size for one in found.values()) > length:
        raise Bad("its tensors overlap")

def read_split_gguf(path):
    """Return (keys, tensors) of a GGUF file with all its parts; the first one has the keys."""
    match = re.fullmatch(r"(.*)-00001-of-([0-9]{5})\.gguf", path)
    meta, found = read_gguf(path)
    for number in range(2, int(match.group(2)) + 1 if match else 0):
        part = "%s-%05d-of-%s.gguf" % (match.group(1), number, match.group(2))
        for name, one in read_gguf(part)[1].items():
            if found.setdefault(name, one) is not one:
                raise Bad("the tensor %s is in two parts" % name)
    return meta, found

# safetensors: the length of a header, the header as JSON, then the tensors' bytes.
# Source: the README of huggingface/safetensors.

def read_safetensors(path):
    """Return the tensors of one safetensors file by name."""
    data = open_bytes(path)
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(LONGEST_HEADER, len(data) - 8):
        raise Bad("its header is cut off")
    header = parse_json(data[8 : 8 + length], "its header")
    found = {}
    for name, told in header.items():
        if name == "__metadata__":
            continue
        begin, end = told["data_offsets"]
        shape = told["shape"] or [1]
        if not all(type(n) is int for n in [begin, end, *shape]):
            raise Bad("the tensor %s has a place that is no number" % name)
        if told["dtype"] not in ("F32", "F16", "BF16"):
            raise EngineOnly("the tensor %s is of the type %s, and this executor reads F32, F16 "
                             "and BF16" % (name, told["dtype"]))
        found[name] = matrix(data, name, told["dtype"], shape, 8 + length + begin)
        if found[name].data.size != end - begin:
            raise Bad("the tensor %s is not as long as its shape says" % name)
    check_size(found, len(data))
    return found

def parse_json(data, about):
    """Return a JSON object."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Bad("%s is not a JSON object" % about)
    return value

def read_json(folder, name, wanted=True):
    """Return a JSON file of a folder; an empty one when it may be missing, and is."""
    path = os.path.join(folder, name)
    if not wanted and not os.path.exists(path):
        return {}
    return parse_json(bytes(open_bytes(path)), name)

HF_NAMES = (  # what a Hugging Face folder calls the parts that GGUF calls otherwise
    ("model.embed_tokens.", "token_embd."), ("model.norm.", "output_norm."),
    ("lm_head.", "output."), ("model.layers.", "blk."), ("self_attn.q_proj.", "attn_q."),
    ("self_attn.k_proj.", "attn_k."), ("self_attn.v_proj.", "attn_v."),
    ("self_attn.o_proj.", "attn_output."), ("self_attn.q_norm.", "attn_q_norm."),
    ("self_attn.k_norm.", "attn_k_norm."), ("mlp.gate_proj.", "ffn_gate."),
    ("mlp.up_proj.", "ffn_up."), ("mlp.down_proj.", "ffn_down."),
    ("input_layernorm.", "attn_norm."), ("post_attention_layernorm.", "ffn_norm."),
)

def read_folder_of_safetensors(folder):
    """Return the tensors of a Hugging Face folder, by the names that they have in GGUF."""
    files = sorted(name for name in os.listdir(folder) if name.endswith(".safetensors"))
    if "model.safetensors.index.json" in os.listdir(folder):
        index = read_json(folder, "model.safetensors.index.json")
        files = sorted(set(index["weight_map"].values()))
    found = {}
    for file in files:
        if os.path.basename(file) != file:
            raise Bad("model.safetensors.index.json names a file outside the folder")
        for name, one in read_safetensors(os.path.join(folder, file)).items():
            for theirs, ours in HF_NAMES:
                name = name.replace(theirs, ours)
            if found.setdefault(name, one) is not one:
                raise Bad("the tensor %s is there twice" % name)
    return {name: one for name, one in found.items() if not name.endswith("rotary_emb.inv_freq")}


# ----------------------------------------------------------------------------- 3. Tokenizer
# A text is cut into words by a pattern, and a word into its bytes; then neighbours are joined, the
# pair that was learnt first before all others, until no pair was learnt (byte-pair encoding).
# SentencePiece does the same with the characters of a whole text, and joins the likeliest first.
NORMAL, UNKNOWN, CONTROL, USER, BYTE = 1, 2, 3, 4, 6  # kinds of tokens, as GGUF numbers them
SPACE_MARK = "\u2581"  # how SentencePiece writes a space

def byte_letters():
    """Return the letter by which GPT-2 writes each byte: itself where that can be seen."""
    seen = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in seen]
    return {**{byte: chr(byte) for byte in seen},
            **{byte: chr(256 + number) for number, byte in enumerate(hidden)}}

LETTER_OF = byte_letters()
BYTE_OF = {letter: byte for byte, letter in LETTER_OF.items()}

# The patterns by which words are cut are published with \p{L} (letters) and \p{N} (numbers), which
# Python's own `re` does not have. So a text is first written in ASCII, each other character by one
# of its kind; the pattern is applied to that, and the places that it finds to the text itself.
WHITE = set("\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000") | {chr(0x2000 + n) for n in range(11)}
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\nA-Za-z0-9]?[A-Za-z]+|[0-9]{1,3}|"
          r" ?[^\sA-Za-z0-9]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace("{1,3}", "")
DIGITS = r"[0-9]"
PATTERNS = {  # as `tokenizer.ggml.pre` calls them; several are applied one after the other
    "gpt-2": (GPT2,), "smollm": (DIGITS, GPT2), "qwen2": (QWEN2,), "deepseek-r1-qwen": (QWEN2,),
    "llama-bpe": (LLAMA3,), "llama3": (LLAMA3,), "llama-v3": (LLAMA3,),
}

def stand_in(character):
    """Return an ASCII character of the same kind."""
    if character < "\x80":
        return character
    kind = unicodedata.category(character)[0]
    return "\t" if character in WHITE else {"L": "a", "N": "0"}.get(kind, "!")

def cut(words, pattern):
    """Cut words at what the pattern finds; what lies between is a word too."""
    for word in words:
        at = 0
        for match in re.finditer(pattern, "".join(map(stand_in, word)), re.ASCII):
            yield word[at : match.start()]
            yield word[match.start() : match.end()]
            at = match.end()
        yield word[at:]

def join(parts, rank):
    """Join neighbours, the pair of the lowest rank first (of equals the left one); None: never."""
    parts, count, waiting = list(parts), len(parts), []
    before, after = list(range(-1, count - 1)), list(range(1, count + 1))

    def offer(left):
        if left >= 0 and after[left] < count:
            pair = parts[left], parts[after[left]]
            if rank(*pair) is not None:
                heapq.heappush(waiting, (rank(*pair), left, after[left], pair))

    for left in range(count):
        offer(left)
    while waiting:
        _, left, right, pair = heapq.heappop(waiting)
        if (parts[left], parts[right]) != pair or after[left] != right:
            continue  # one of the two was joined with another meanwhile
        parts[left], parts[right] = "".join(pair), ""
        after[left] = after[right]
        if after[right] < count:
            before[after[right]] = left
        offer(before[left])
        offer(left)
    return [part for part in parts if part]

class Tokenizer:
    """Text to token ids and back.

    texts, kinds: of every token, by its id. rank: see `join`. patterns: how words are cut; None
    for SentencePiece. begin, end: the ids put before and after a text, None for none. whole_words:
    a word that is a token is not cut further. space_first: SentencePiece puts a space before text.
    normal: the Unicode form that text is brought into ("" for none).
    """

    def __init__(self, texts, kinds, rank, patterns, begin=None, end=None, whole_words=False,
                 space_first=True, normal=""):
        self.texts, self.kinds, self.rank, self.patterns = texts, kinds, rank, patterns
        self.begin, self.end, self.whole_words = begin, end, whole_words
        self.space_first, self.normal = space_first, normal
        self.ids = {text: number for number, text in enumerate(texts)}
        special = [number for number, kind in enumerate(kinds) if kind in (CONTROL, USER, UNKNOWN)]
        self.special = sorted(special, key=lambda number: -len(texts[number]))
        if not all(type(text) is str for text in texts) or not all(
                one is None or one in range(len(texts)) for one in (begin, end)):
            raise Bad("its tokenizer has tokens that are no text, or begins with one that it lacks")

    def encode(self, text, begin=True):
        """Return the ids of a text; control tokens in it are read as what they stand for."""
        ids = [self.begin] if begin and self.begin is not None else []
        after_special = True
        for part in self.cut_at_special(text):
            if isinstance(part, int):
                ids.append(part)
            elif self.patterns is None:
                ids += self.encode_sentence(part, after_special)
            else:
                ids += self.encode_words(part)
            after_special = isinstance(part, int)
        return ids + ([self.end] if begin and self.end is not None else [])

    def cut_at_special(self, text):
        """Cut a text into special tokens (ids) and what lies between; long ones come first."""
        parts = [text]
        for number in self.special:
            mark = self.texts[number]
            if mark and mark in text:
                parts = [new for part in parts for new in (
                    [part] if isinstance(part, int) else between(part.split(mark), number))]
        return [part for part in parts if part != ""]

    def encode_words(self, text):
        ids, words = [], [unicodedata.normalize(self.normal, text) if self.normal else text]
        for pattern in self.patterns:
            words = cut(words, pattern)
        for word in words:
            letters = "".join(LETTER_OF[byte] for byte in word.encode())
            if self.whole_words and letters in self.ids:
                ids.append(self.ids[letters])
                continue
            ids += [self.ids[part] for part in join(letters, self.rank) if part in self.ids]
        return ids

    def encode_sentence(self, text, after_special):
        text = (" " if self.space_first and after_special else "") + text
        ids = []
        for part in join(text.replace(" ", SPACE_MARK), self.rank):
            if part in self.ids:
                ids.append(self.ids[part])
            else:
                names = ["<0x%02X>" % byte for byte in part.encode()]
                ids += [self.ids[name] for name in names if name in self.ids]
        return ids

    def decode(self, number):
        """Return the bytes of one token; several may make one character."""
        if not 0 <= number < len(self.texts):
            return b""
        text, kind = self.texts[number], self.kinds[number]
        if kind == BYTE and re.fullmatch("<0x[0-9A-F]{2}>", text):
            return bytes([int(text[3:5], 16)])
        if self.patterns is None:
            return text.replace(SPACE_MARK, " ").encode("utf-8", "replace")
        if kind == NORMAL and all(letter in BYTE_OF for letter in text):
            return bytes(BYTE_OF[letter] for letter in text)
        return text.encode("utf-8", "replace")

def between(parts, mark):
    """Put a mark between the parts."""
    return [new for part in parts for new in (part, mark)][:-1]

def ranks_of(merges):
    """Return the rank function of learnt pairs, the first learnt first."""
    pairs = [tuple(one.split(" ", 1)) if isinstance(one, str) else tuple(one) for one in merges]
    order = {pair: number for number, pair in reversed(list(enumerate(pairs)))}
    return lambda left, right: order.get((left, right))

def tokenizer_of_gguf(meta):
    """Build the tokenizer that a GGUF file describes."""
    def told(name, default=None):
        return meta.get("tokenizer.ggml." + name, default)

    texts, family, cutting = list(told("tokens")), told("model"), told("pre", "default")
    kinds = np.asarray(told("token_type", [NORMAL] * len(texts))).tolist()
    if len(kinds) != len(texts):
        raise Bad("its tokenizer has %d tokens and %d kinds" % (len(texts), len(kinds)))
    is_bpe, is_llama3 = family == "gpt2", PATTERNS.get(cutting) == (LLAMA3,)
    begin = told("bos_token_id") if told("add_bos_token", not is_bpe or is_llama3) else None
    end = told("eos_token_id") if told("add_eos_token", False) else None
    if is_bpe and cutting in PATTERNS:
        return Tokenizer(texts, kinds, ranks_of(told("merges")), PATTERNS[cutting], begin, end,
                         whole_words=is_llama3)
    if family != "llama":
        raise EngineOnly("this executor knows the tokenizers llama, and gpt2 with %s; this file "
                         "has %s with %s" % (", ".join(PATTERNS), family, cutting))
    score = dict(zip(texts, (-np.asarray(told("scores"))).tolist()))
    return Tokenizer(texts, kinds, lambda left, right: score.get(left + right), None, begin, end,
                     space_first=told("add_space_prefix", True))

PUBLISHED = {  # the patterns as tokenizer.json writes them
    pattern.replace("[A-Za-z]", r"\p{L}").replace("[0-9]", r"\p{N}").replace("A-Za-z", r"\p{L}")
    .replace("0-9", r"\p{N}"): pattern for pattern in (LLAMA3, QWEN2)}

def patterns_of_json(told):
    """Return the patterns of the pre-tokenizer in a tokenizer.json."""
    kind = told.get("type")
    if kind == "Sequence":
        return [one for part in told["pretokenizers"] for one in patterns_of_json(part)]
    if kind == "ByteLevel" and not told.get("add_prefix_space"):
        return [GPT2] if told.get("use_regex", True) else []
    if kind == "Digits" and told.get("individual_digits"):
        return [DIGITS]
    pattern = (told.get("pattern") or {}).get("Regex")
    if kind == "Split" and told.get("behavior") == "Isolated" and pattern in PUBLISHED:
        return [PUBLISHED[pattern]]
    raise EngineOnly("this executor cuts words as GPT-2, Llama 3, Qwen 2 and SmolLM do; this "
                     "tokenizer.json has another way (%s)" % kind)

def tokenizer_of_json(told):
    """Build the tokenizer that a tokenizer.json describes (byte-level BPE alone)."""
    model, normal = told["model"], told.get("normalizer") or {}
    if model.get("type") != "BPE" or model.get("byte_fallback") or normal.get("type", "NFC") != "NFC":
        raise EngineOnly("this executor reads byte-level BPE from a tokenizer.json, and this one "
                         "is another; run the model from GGUF")
    added = {one["id"]: one["content"] for one in told.get("added_tokens", [])}
    by_id = {number: text for text, number in model["vocab"].items()}
    by_id.update(added)
    if not all(type(number) is int and 0 <= number < 2 * len(by_id) + 1000 for number in by_id):
        raise Bad("its tokenizer has ids that are no numbers, or far too large")
    size = max(by_id) + 1
    kinds = [CONTROL if number in added else NORMAL for number in range(size)]
    return Tokenizer([by_id.get(number, "") for number in range(size)], kinds,
                     ranks_of(model["merges"]), patterns_of_json(told["pre_tokenizer"]),
                     begin_of_json(told.get("post_processor") or {}),
                     whole_words=bool(model.get("ignore_merges")), normal=normal.get("type", ""))

def begin_of_json(told):
    """Return the id of the token that the post-processor puts before a text; None for none."""
    for one in told.get("processors", []):
        if begin_of_json(one) is not None:
            return begin_of_json(one)
    first = (told.get("single") or [{}])[0].get("SpecialToken")
    return told["special_tokens"][first["id"]]["ids"][0] if first else None


# ------------------------------------------------------------------------------ 4. Template
# A chat template is a program in a language of its own (Jinja), which is not run here. Four
# families are recognised by their marks, and filled as they would fill themselves.

def fill_template(template, question):
    """Return the prompt that puts one question, without the token that begins every text."""
    template = (template or "").replace("\\n", "\n")
    if "<|im_start|>" in template:  # ChatML; some have a system message of their own
        own = re.search(r"<\|im_start\|>system\n[^'\"{}<>|]+<\|im_end\|>\n", template)
        return "%s<|im_start|>user\n%s<|im_end|>\n<|im_start|>assistant\n" % (
            own.group() if own else "", question)
    if "<|start_header_id|>" in template and "Cutting Knowledge Date" not in template:  # Llama 3
        head = "<|start_header_id|>%s<|end_header_id|>\n\n"
        return head % "user" + question.strip() + "<|eot_id|>" + head % "assistant"
    if "[INST]" in template:  # Llama 2, Mistral; with or without spaces
        return "[INST]%s%s%s[/INST]" % (" " if "[INST] " in template else "", question.strip(),
                                        " " if " [/INST]" in template else "")
    raise EngineOnly("this executor fills chat templates of the families ChatML, Llama 3, and "
                     "Llama 2 or Mistral, and %s; give a prompt without --chat" %
                     ("this one is another" if template else "the model has none"))


# ----------------------------------------------------------------------------- 5. The model
# A text is a list of tokens. Each token is a vector of `width` numbers, first its row of the
# embedding. Every layer adds to it what the token learns from those before it (attention), and
# what that means (feed-forward). The last vector, compared with every row of the output matrix,
# says how likely each token is to come next.
HALVES, PAIRS = "halves", "pairs"
ARCHITECTURES = {"llama": PAIRS, "qwen2": HALVES, "qwen3": HALVES}  # in GGUF; how they rotate

def linear(tensors, name, x):
    """Multiply by a matrix, and add its bias where there is one."""
    out = tensors[name + ".weight"].times(x)
    bias = tensors.get(name + ".bias")
    return out if bias is None else out + bias.rows([0])

def normed(x, weight, epsilon):
    """Divide every vector by the root of its mean square, and weigh its numbers (RMSNorm)."""
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + epsilon) * weight.rows([0])

def softmax(scores):
    """Turn scores into shares that sum to one."""
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)

class Model:
    """The weights of a model of the Llama family, and how it computes.

    tensors: matrices by their GGUF names. layers, heads, kv_heads: how many. head: numbers in a
    head. epsilon: of RMSNorm. frequencies: how far each pair of numbers turns from one place to
    the next, in radians. rotation: which numbers are a pair. longest: text in tokens.
    """

    def __init__(self, tensors, layers, heads, kv_heads, head, epsilon, frequencies, rotation,
                 longest):
        self.tensors, self.layers, self.heads, self.kv_heads = tensors, layers, heads, kv_heads
        self.head, self.epsilon, self.rotation, self.longest = head, epsilon, rotation, longest
        self.frequencies = np.asarray(frequencies, np.float64)
        for name, number in (("layers", layers), ("heads", heads), ("kv_heads", kv_heads),
                             ("head", head), ("longest", longest)):
            if type(number) is not int or not 1 <= number <= 1 << 30:
                raise Bad("its number of %s is not one from 1 on" % name)
        if not isinstance(epsilon, float) or heads % kv_heads or layers > len(tensors):
            raise Bad("its numbers of layers and heads, or its epsilon, do not fit each other")
        if not np.isfinite(self.frequencies).all() or 2 * len(self.frequencies) > head:
            raise Bad("its rotary frequencies do not fit its heads")
        self.check_tensors()
        self.parameters = sum(math.prod(one.shape) for one in tensors.values())

    def check_tensors(self):
        """See that every matrix is there, has the right shape, and is one that is used below."""
        left = dict(self.tensors)

        def need(name, rows, columns, optional=False):
            one = left.pop(name, None)
            if one is None and not optional:
                raise Bad("the tensor %s is missing" % name)
            if one is not None and one.shape != (rows, columns):
                raise Bad("the tensor %s should have the shape %s, and has %s"
                          % (name, (rows, columns), one.shape))

        vocabulary, width = getattr(left.get("token_embd.weight"), "shape", (0, 0))
        inner = getattr(left.get("blk.0.ffn_gate.weight"), "shape", (0, 0))[0]
        asked, known = self.heads * self.head, self.kv_heads * self.head
        need("token_embd.weight", vocabulary, width)
        need("output.weight", vocabulary, width, optional=True)
        need("output_norm.weight", 1, width)
        for layer in range(self.layers):
            block = "blk.%d." % layer
            for name, rows, columns in (
                ("attn_q", asked, width), ("attn_k", known, width), ("attn_v", known, width),
                ("attn_output", width, asked), ("ffn_gate", inner, width),
                ("ffn_up", inner, width), ("ffn_down", width, inner),
            ):
                need(block + name + ".weight", rows, columns)
                need(block + name + ".bias", 1, rows, optional=True)
            for name, columns in (("attn_norm", width), ("ffn_norm", width)):
                need(block + name + ".weight", 1, columns)
            for name in ("attn_q_norm", "attn_k_norm"):
                need(block + name + ".weight", 1, self.head, optional=True)
        if left:
            raise EngineOnly("this executor does not know what to do with the tensor %s" % min(left))

    def rotated(self, x, places):
        """Turn each pair of numbers by an angle that grows with the place of the token (RoPE).

        x: (tokens, heads, numbers of a head).
        """
        angles = (places[:, None] * self.frequencies)[:, None, :]
        sine, cosine = np.sin(angles).astype(np.float32), np.cos(angles).astype(np.float32)
        count, out = len(self.frequencies), x.copy()
        if self.rotation == PAIRS:
            first, second = slice(0, 2 * count, 2), slice(1, 2 * count, 2)
        else:
            first, second = slice(0, count), slice(count, 2 * count)
        out[..., first] = x[..., first] * cosine - x[..., second] * sine
        out[..., second] = x[..., first] * sine + x[..., second] * cosine
        return out

    def attention(self, block, x, past):
        """Let every token take from those before it, by how well its question fits their keys.

        past: the keys and values of the tokens before x, (tokens, kv_heads, numbers) each.
        Returns what was taken, and the keys and values with those of x.
        """
        count, before = len(x), len(past[0])
        asked = linear(self.tensors, block + "attn_q", x).reshape(count, self.heads, self.head)
        key = linear(self.tensors, block + "attn_k", x).reshape(count, self.kv_heads, self.head)
        value = linear(self.tensors, block + "attn_v", x).reshape(count, self.kv_heads, self.head)
        if block + "attn_q_norm.weight" in self.tensors:
            asked = normed(asked, self.tensors[block + "attn_q_norm.weight"], self.epsilon)
            key = normed(key, self.tensors[block + "attn_k_norm.weight"], self.epsilon)
        places = np.arange(before, before + count)
        keys = np.concatenate([past[0], self.rotated(key, places)])
        values = np.concatenate([past[1], value])
        # Several heads that ask share one head of keys and values: (kv_heads, sharing, tokens, ...)
        asked = self.rotated(asked, places).reshape(count, self.kv_heads, -1, self.head)
        scores = asked.transpose(1, 2, 0, 3) @ keys.transpose(1, 2, 0)[:, None]
        scores /= np.float32(math.sqrt(self.head))
        scores[..., np.arange(len(keys)) > places[:, None]] = -np.inf  # nobody sees what comes later
        taken = softmax(scores) @ values.transpose(1, 0, 2)[:, None]
        taken = taken.transpose(2, 0, 1, 3).reshape(count, -1)
        return linear(self.tensors, block + "attn_output", taken), (keys, values)

    def feed_forward(self, block, x):
        """Let every vector open gates for itself (SwiGLU)."""
        gate = linear(self.tensors, block + "ffn_gate", x)
        gate = gate / (1 + np.exp(-gate)) * linear(self.tensors, block + "ffn_up", x)
        return linear(self.tensors, block + "ffn_down", gate)

    def evaluate(self, tokens, memory):
        """Return the vectors of new tokens, after those that are in the memory; it grows by them.

        memory: keys and values of every layer; an empty list at the beginning of a text.
        """
        nothing = np.zeros((0, self.kv_heads, self.head), np.float32)
        memory[:] = memory or [(nothing, nothing)] * self.layers
        if len(memory[0][0]) + len(tokens) > self.longest:
            raise Bad("the text is longer than the %d tokens that the model knows" % self.longest)
        x = self.tensors["token_embd.weight"].rows(np.asarray(tokens))
        for layer in range(self.layers):
            block = "blk.%d." % layer
            norm = self.tensors[block + "attn_norm.weight"]
            taken, memory[layer] = self.attention(block, normed(x, norm, self.epsilon), memory[layer])
            x = x + taken
            norm = self.tensors[block + "ffn_norm.weight"]
            x = x + self.feed_forward(block, normed(x, norm, self.epsilon))
        return x

    def logprobs(self, x):
        """Return the logarithm of every token's probability to come after each vector."""
        x = normed(x, self.tensors["output_norm.weight"], self.epsilon)
        output = self.tensors.get("output.weight", self.tensors["token_embd.weight"])
        scores = output.times(x).astype(np.float64)
        if not np.isfinite(scores).all():
            raise Bad("the model computed something that is not a number; its weights are damaged")
        scores -= scores.max(axis=-1, keepdims=True)
        return scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))

def frequencies_of(base, count):
    """Return how far each of `count` pairs turns from one place to the next, in radians."""
    if not isinstance(base, (int, float)) or not 0 < base < math.inf or not 0 < count < 1 << 16:
        raise Bad("its rotary base or its size of heads cannot be used")
    return float(base) ** (-np.arange(count) / count)

class Kept:
    """What a file or folder holds: the model, its tokenizer, its template, and its end tokens."""

    def __init__(self, architecture, model, tokenizer, template, ends):
        self.architecture, self.model, self.tokenizer = architecture, model, tokenizer
        self.template, self.ends = template, {one for one in ends if type(one) is int}
        if len(tokenizer.texts) > model.tensors["token_embd.weight"].shape[0]:
            raise Bad("its tokenizer has more tokens than its embedding has rows")

END_TEXTS = ("<|eot_id|>", "<|im_end|>", "<|endoftext|>", "<|end_of_text|>", "<|eom_id|>", "</s>")

def load_gguf(path):
    """Read a GGUF file."""
    meta, tensors = read_split_gguf(path)
    name = meta.get("general.architecture")
    if name not in ARCHITECTURES:
        raise EngineOnly("this executor knows the architectures %s, and this file is %s"
                         % (", ".join(ARCHITECTURES), name))

    def told(key, default=None):
        value = meta.get("%s.%s" % (name, key), default)
        if value is None or isinstance(value, (list, np.ndarray)):
            raise (Bad if value is None else EngineOnly)("it does not say one %s" % key)
        return value

    for key, plain in (("expert_count", 0), ("logit_scale", 1.0), ("attention.scale", 0.0),
                       ("residual_scale", 1.0), ("embedding_scale", 1.0),
                       ("attention.sliding_window", 0), ("attention.clamp_kqv", 0.0)):
        if told(key, plain) not in (plain, 0):
            raise EngineOnly("this executor does not know what %s.%s changes" % (name, key))
    heads = told("attention.head_count")
    head = told("attention.key_length", told("embedding_length") // max(1, heads))
    if told("attention.value_length", head) != head:
        raise EngineOnly("this executor knows values as long as keys alone")
    count = told("rope.dimension_count", head) // 2
    frequencies = frequencies_of(told("rope.freq_base", 10000.0), count)
    scaling = told("rope.scaling.type", "none")
    if scaling not in ("none", "linear"):
        raise EngineOnly("this executor does not know how %s scales places" % scaling)
    if scaling == "linear":
        frequencies = frequencies / told("rope.scaling.factor", 1.0)
    factors = tensors.pop("rope_freqs.weight", None)
    if factors is not None:  # Llama 3.1 turns slow pairs slower still
        if factors.shape != (1, count):
            raise Bad("the tensor rope_freqs.weight does not fit its heads")
        frequencies = frequencies / factors.rows([0])[0]
    model = Model(tensors, told("block_count"), heads, told("attention.head_count_kv", heads), head,
                  told("attention.layer_norm_rms_epsilon"), frequencies, ARCHITECTURES[name],
                  told("context_length"))
    tokenizer = tokenizer_of_gguf(meta)
    ends = [meta.get("tokenizer.ggml.%s_token_id" % key) for key in ("eos", "eot", "eom")]
    ends += [tokenizer.ids[text] for text in END_TEXTS if text in tokenizer.ids]
    return Kept(name, model, tokenizer, meta.get("tokenizer.chat_template"), ends)

def scaled_as_json_says(frequencies, rope):
    """Change the frequencies as a config.json says, for longer texts than were learnt at first."""
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind == "default":
        return frequencies
    if kind == "linear":
        return frequencies / rope["factor"]
    if kind != "llama3":
        raise EngineOnly("this executor does not know how %s scales places" % kind)
    # Pairs that turn once in few tokens stay, slow ones are slowed, and those between by degrees.
    turns = rope["original_max_position_embeddings"] * frequencies / (2 * math.pi)
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    stay = np.clip((turns - low) / (high - low), 0, 1)
    return frequencies * stay + frequencies / rope["factor"] * (1 - stay)

def load_folder(folder):
    """Read a Hugging Face folder."""
    config = read_json(folder, "config.json")
    name = config.get("model_type")
    if name not in ("llama", "mistral", "qwen2", "qwen3"):
        raise EngineOnly("this executor knows the architectures llama, mistral, qwen2 and qwen3, "
                         "and this folder is %s" % name)
    for key, plain in (("hidden_act", "silu"), ("quantization_config", None),
                       ("use_sliding_window", False), ("partial_rotary_factor", 1.0)):
        if config.get(key, plain) not in (plain, None):
            raise EngineOnly("this executor does not know what %s in config.json changes" % key)
    tensors, heads = read_folder_of_safetensors(folder), config["num_attention_heads"]
    head = config.get("head_dim") or config["hidden_size"] // heads
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    frequencies = frequencies_of(rope.get("rope_theta", config.get("rope_theta", 10000.0)), head // 2)
    longest = config["max_position_embeddings"]
    if name == "mistral" and config.get("sliding_window"):
        longest = min(longest, config["sliding_window"])  # up to there it makes no difference
    model = Model(tensors, config["num_hidden_layers"], heads,
                  config.get("num_key_value_heads", heads), head, float(config["rms_norm_eps"]),
                  scaled_as_json_says(frequencies, rope), HALVES, longest)
    generation = read_json(folder, "generation_config.json", wanted=False)
    ends = [generation.get("eos_token_id"), config.get("eos_token_id")]
    ends = [one for part in ends for one in (part if isinstance(part, list) else [part])]
    return Kept(name, model, tokenizer_of_json(read_json(folder, "tokenizer.json")),
                template_of_folder(folder), ends)

def template_of_folder(folder):
    """Return the chat template, which lies in a file of its own or in tokenizer_config.json."""
    path = os.path.join(folder, "chat_template.jinja")
    if os.path.exists(path):
        return bytes(open_bytes(path)).decode("utf-8", "replace")
    told = read_json(folder, "tokenizer_config.json", wanted=False).get("chat_template")
    if isinstance(told, list):
        told = {one["name"]: one["template"] for one in told}.get("default")
    return told if isinstance(told, str) else None


# ---------------------------------------------------------------------------- 6. Answering
# The texts of the probe set probes/1 (specs/fingerprint.md). A set never changes.
PROBES = {"probes/1": {
    "plain": "The old lighthouse keeper climbed the stairs and",
    "fact": "The capital of France is",
    "arithmetic": "17 + 25 = 42\n8 + 13 = 21\n31 + 46 =",
    "code": "def fibonacci(n):\n    if n < 2:\n        return n\n    return",
    "language": "Guten Morgen! Ich hei\u00dfe Anna und ich wohne in",
    "chat": "Which three things would you keep?",
}}
CHAT_PROBE = "chat"

def likeliest(logprobs, count):
    """Return the likeliest tokens as [id, logprob]; of equals the lower id comes first."""
    order = np.argsort(-logprobs, kind="stable")[:count]
    return [[int(number), float(logprobs[number])] for number in order]

def write_on(kept, prompt, count, top):
    """Yield [id, logprob] of the likeliest tokens at every place; the first of them is taken."""
    memory, new = [], list(prompt)
    for _ in range(count):
        while len(new) > PROMPT_PART:
            kept.model.evaluate(new[:PROMPT_PART], memory)
            new = new[PROMPT_PART:]
        found = likeliest(kept.model.logprobs(kept.model.evaluate(new, memory)[-1:])[0], top)
        yield found
        new = [found[0][0]]
        if new[0] in kept.ends:
            return

# An engine rounds what it multiplies with quantised weights to 8 bits; here it stays in 32.
# Measured in November 2026 on SmolLM2-135M against llama.cpp, each of the six probes, mean
# difference of log-probabilities: 0.001 to 0.003 with F32 weights, 0.020 at most with BF16, 0.06 to
# 0.15 with Q4_1, where 3 of 96 recorded tokens come second here, by 0.22 at most. The attention of
# one layer of thirty left out: 0.39 to 1.08 (specs/plain-run.md).
MEAN_TOLERANCE, MEAN_TOLERANCE_QUANTISED, BEHIND_TOLERANCE = 0.05, 0.25, 0.5  # in nats
LONGEST_ANSWER = 1024  # tokens of a probe and its answer

def compare(kept, probe_set, answer):
    """Put a probe, follow the recorded answer token by token, and say how far this lies from it.

    Returns the figures: `prompt`, whether the text became the same tokens; `tokens`, how many were
    recorded; `same`, how many of them are the likeliest here too; `behind`, how far another one
    was below the likeliest at most; `mean` and `largest`, the differences of log-probabilities
    over the recorded candidates. In nats.
    """
    prompt, steps = answer["prompt"], answer["steps"]
    taken = [step["token"] for step in steps]
    text, rows = PROBES.get(probe_set, {}).get(answer["probe"]), len(kept.tokenizer.texts)
    if text is None or not prompt or not steps or len(prompt) + len(steps) > LONGEST_ANSWER:
        raise Bad("the fingerprint has a probe %s that is not known here" % answer["probe"])
    if answer["probe"] == CHAT_PROBE:
        text = fill_template(kept.template, text)
    listed = [number for step in steps for number, _ in step["top"]]
    if not all(type(n) is int and 0 <= n < rows for n in [*prompt, *taken, *listed]):
        raise Bad("the fingerprint has tokens that this model does not have")
    vectors = kept.model.evaluate(prompt + taken[:-1], [])[len(prompt) - 1 :]
    here = kept.model.logprobs(vectors)
    apart = [abs(here[at][number] - there)
             for at, step in enumerate(steps) for number, there in step["top"]]
    behind = [float(here[at].max() - here[at][number]) for at, number in enumerate(taken)]
    return {"probe": answer["probe"], "prompt": kept.tokenizer.encode(text) == prompt,
            "tokens": len(taken), "same": behind.count(0.0), "behind": max(behind),
            "mean": float(np.mean(apart)), "largest": float(max(apart))}

def agrees(kept, figures):
    """Say whether a probe was answered as recorded, as far as another arithmetic can tell."""
    quantised = any(FORMATS[one.kind][0] > 1 for one in kept.model.tensors.values())
    return (figures["prompt"] and figures["behind"] <= BEHIND_TOLERANCE
            and figures["mean"] <= (MEAN_TOLERANCE_QUANTISED if quantised else MEAN_TOLERANCE))

def in_words(figures):
    """Say the figures of one probe in a sentence."""
    said = "%(same)d of %(tokens)d tokens are the same, log-probabilities differ by %(mean).3f on " \
           "average and by %(largest).3f at most" % figures
    return said if figures["prompt"] else "its text becomes other tokens here; " + said


# ------------------------------------------------------------------------------ 7. Command
def printable(text):
    """Return text without characters that a terminal would obey."""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in str(text))

def complain(sentence):
    """Say on the error stream, in one line, what is wrong; names in it may come from a file."""
    print(printable(sentence).replace("\n", "?"), file=sys.stderr)

UNFIT = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError,
         ZeroDivisionError, RecursionError, struct.error)  # what values of a wrong form lead to

def load(path):
    """Read a model from a file or a folder; what does not fit becomes one sentence."""
    try:
        return load_folder(path) if os.path.isdir(path) else load_gguf(path)
    except UNFIT as problem:
        raise Bad("it has a form that this executor does not know (%s: %.200s)"
                  % (type(problem).__name__, problem)) from None

def command_write(kept, words):
    """Write on from a prompt."""
    text = fill_template(kept.template, words.prompt) if words.chat else words.prompt
    prompt, steps, written = kept.tokenizer.encode(text), [], b""
    if not prompt:
        raise Bad("the prompt has no token")
    allow(kept, words, len(prompt) + words.tokens)
    for found in write_on(kept, prompt, words.tokens, max(1, words.top)):
        steps.append({"token": found[0][0], "top": found})
        written += b"" if found[0][0] in kept.ends else kept.tokenizer.decode(found[0][0])
    written = written.decode("utf-8", "replace")
    if words.json:
        print(json.dumps({"architecture": kept.architecture, "prompt": prompt, "steps": steps,
                          "parameters": kept.model.parameters, "text": written}))
        return 0
    print(printable(written))
    for step in steps if words.top else []:
        print("  ".join("%7.3f %r" % (logprob, kept.tokenizer.decode(number).decode("utf-8", "replace"))
                        for number, logprob in step["top"]))
    return 0

def command_against(kept, words):
    """Compare with a fingerprint."""
    told = parse_json(bytes(open_bytes(words.against)), words.against)
    if told.get("format") != "emeritus-fingerprint/1":
        raise Bad("%s: it is no fingerprint of the format emeritus-fingerprint/1" % words.against)
    put = [one for one in told["answers"] if one["skipped"] is None][: words.probes or None]
    allow(kept, words, sum(len(one["prompt"]) + len(one["steps"]) for one in put))
    figures = [compare(kept, told["probe_set"], one) for one in put]
    if not figures:
        raise Bad("%s: it has no answer" % words.against)
    outcome = "agrees" if all(agrees(kept, one) for one in figures) else "differs"
    if words.json:
        print(json.dumps({"architecture": kept.architecture, "outcome": outcome,
                          "parameters": kept.model.parameters, "probes": figures}))
    else:
        for one in figures:
            print("%s: %s." % (one["probe"], in_words(one)))
        print("This arithmetic %s with what the engine answered." % outcome)
    return 0 if outcome == "agrees" else 5

def allow(kept, words, tokens):
    """Stop when it would take too long; else keep decoded weights when there is room for them."""
    work = kept.model.parameters * tokens
    if words.most and work > words.most:
        raise TooLarge("%d parameters times %d tokens are %.1e, and %.1e are allowed"
                       % (kept.model.parameters, tokens, work, words.most))
    for one in kept.model.tensors.values():
        one.keep = 4 * kept.model.parameters <= words.memory * (1 << 30)

def parse_words(arguments):
    """Read the command line."""
    parser = argparse.ArgumentParser(usage="\n".join(__doc__.split("\n")[2:4]))
    parser.add_argument("model", help="a GGUF file, or a folder with config.json and safetensors")
    parser.add_argument("--prompt", help="text to write on from")
    parser.add_argument("--chat", action="store_true", help="put it into the chat template")
    parser.add_argument("--tokens", type=int, default=32, help="write so many at most (32)")
    parser.add_argument("--top", type=int, default=0, help="print so many candidates at every place")
    parser.add_argument("--against", metavar="FINGERPRINT", help="compare with recorded answers")
    parser.add_argument("--probes", type=int, default=0, help="so many probes of it; 0 for all")
    parser.add_argument("--memory", type=float, default=4.0, metavar="GB",
                        help="keep decoded weights when they take no more than this (4)")
    parser.add_argument("--most", type=float, default=0,
                        help="stop when parameters times tokens are more than this; 0 for never")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    words = parser.parse_args(arguments)
    if (words.prompt is None) == (words.against is None):
        parser.error("give either --prompt or --against")
    if words.tokens < 1:
        parser.error("--tokens must be 1 or more")
    return words

def main(arguments):
    words = parse_words(arguments)
    np.seterr(all="ignore")  # what is not a number is found where it matters
    try:
        kept = load(words.model)
        return command_against(kept, words) if words.against else command_write(kept, words)
    except Bad as problem:
        complain("%s: %.500s." % (os.path.basename(words.model), problem))
        return problem.status
    except UNFIT + (MemoryError, OSError) as problem:
        complain("Error: %s: %.500s." % (type(problem).__name__, problem))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
