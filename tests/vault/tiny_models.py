"""Small models of every shape that the plain executor knows, written by the `gguf` package."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter

from emeritus.vault.reader import run_emeritus

run: Any = run_emeritus
"""The executor, which has no types, to stand alone."""

NORMAL, UNKNOWN, CONTROL, USER, BYTE = 1, 2, 3, 4, 6
MERGES = ("Ġ t", "h e", "i n", "Ġt he", "e r", "o n", "Ġ a", "l d", "r e", "Ġ Ġ", "0 0", "' s")


@dataclass(frozen=True)
class Words:
    """A vocabulary as GGUF writes it."""

    family: str
    cutting: str
    texts: Sequence[str]
    kinds: Sequence[int]
    merges: Sequence[str] = ()
    scores: Sequence[float] = ()
    more: Mapping[str, bool] = field(default_factory=dict)


def few_words(cutting: str = "smollm", merges: Sequence[str] = MERGES) -> Words:
    """All bytes, what the merges make, and three special tokens."""
    texts = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *run.LETTER_OF.values()]
    texts += ["".join(pair.split(" ")) for pair in merges]
    kinds = [CONTROL] * 3 + [NORMAL] * (len(texts) - 3)
    return Words("gpt2", cutting, texts, kinds, merges)


def words_of(file: Path, cutting: str) -> Words:
    """The vocabulary of a model, cut into words in another way."""
    meta, _ = run.read_gguf(str(file))
    told = {name: meta[f"tokenizer.ggml.{name}"] for name in ("tokens", "token_type", "merges")}
    return Words("gpt2", cutting, told["tokens"], told["token_type"].tolist(), told["merges"])


def sentence_words() -> Words:
    """A SentencePiece vocabulary: bytes, letters and a few longer pieces with their scores."""
    longer = ["▁t", "he", "▁the", "in", "er", "▁a", "▁▁", "on", "▁in", "ing", "▁w", "or", "ld"]
    longer += ["▁wor", "▁world", "é", "ß", "世", "世界", "▁世"]
    letters = [chr(code) for code in range(33, 127)] + ["▁", "ä", "ö"]
    texts = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *longer, *letters]
    kinds = [UNKNOWN, CONTROL, CONTROL] + [BYTE] * 256 + [NORMAL] * (len(longer) + len(letters))
    scores = [0.0] * 259 + [-float(at) for at in range(len(longer) + len(letters))]
    return Words("llama", "default", texts, kinds, (), scores)


@dataclass(frozen=True)
class Shape:
    """Sizes of a small model."""

    architecture: str = "llama"
    layers: int = 2
    width: int = 64
    heads: int = 4
    kv_heads: int = 2
    head: int = 16
    inner: int = 96
    kind: GGMLQuantizationType = GGMLQuantizationType.F32
    biases: tuple[str, ...] = ()
    normed_heads: bool = False
    own_output: bool = True
    base: float = 10000.0
    factors: bool = False
    linear: float = 0.0


def matrices(shape: Shape, rows: int, seed: int = 7) -> dict[str, np.ndarray[Any, Any]]:
    """Random weights, each row of about the length that keeps the sums in bounds."""
    noise = np.random.default_rng(seed)
    width, inner, head = shape.width, shape.inner, shape.head

    def some(*size: int) -> np.ndarray[Any, Any]:
        numbers = noise.standard_normal(size) / np.sqrt(size[-1])
        return np.asarray(numbers, np.float32)

    found = {"token_embd.weight": some(rows, width) * 4, "output_norm.weight": 1 + some(width)}
    if shape.own_output:
        found["output.weight"] = some(rows, width) * 4
    sizes = {
        "attn_q": (shape.heads * head, width),
        "attn_k": (shape.kv_heads * head, width),
        "attn_v": (shape.kv_heads * head, width),
        "attn_output": (width, shape.heads * head),
        "ffn_gate": (inner, width),
        "ffn_up": (inner, width),
        "ffn_down": (width, inner),
    }
    for layer in range(shape.layers):
        block = f"blk.{layer}."
        for name, size in sizes.items():
            found[f"{block}{name}.weight"] = 2 * some(*size)
            if name in shape.biases:
                found[f"{block}{name}.bias"] = some(size[0]) * 4
        for name in ("attn_norm", "ffn_norm"):
            found[f"{block}{name}.weight"] = 1 + some(width)
        if shape.normed_heads:
            for name in ("attn_q_norm", "attn_k_norm"):
                found[f"{block}{name}.weight"] = 1 + some(head)
    if shape.factors:
        found["rope_freqs.weight"] = np.linspace(1, 8, head // 2, dtype=np.float32)
    return found


def write_tiny(file: Path, words: Words, shape: Shape | None = None, template: str = "") -> Path:
    """Write a small model; the same arguments give the same file."""
    shape = shape or Shape()
    writer = GGUFWriter(file, shape.architecture)
    writer.add_context_length(512)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.inner)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head)
    writer.add_value_length(shape.head)
    writer.add_rope_dimension_count(shape.head)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(shape.base)
    if shape.linear:
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(shape.linear)
    _add_words(writer, words)
    if template:
        writer.add_chat_template(template)
    for name, one in matrices(shape, len(words.texts)).items():
        if one.ndim == 1 or shape.kind is GGMLQuantizationType.F32:
            writer.add_tensor(name, one)
        else:
            packed = gguf.quantize(one, shape.kind)
            writer.add_tensor(name, packed, raw_dtype=shape.kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def _add_words(writer: GGUFWriter, words: Words) -> None:
    writer.add_tokenizer_model(words.family)
    writer.add_tokenizer_pre(words.cutting)
    writer.add_token_list(list(words.texts))
    writer.add_token_types(list(words.kinds))
    if words.merges:
        writer.add_token_merges(list(words.merges))
    if words.scores:
        writer.add_token_scores(list(words.scores))
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    for name, value in words.more.items():
        writer.add_bool(f"tokenizer.ggml.{name}", value)
