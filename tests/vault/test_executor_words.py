"""The executor's tokenizers give the tokens that the engine gives."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emeritus.adapters.runtimes import LlamaEngine
from emeritus.adapters.runtimes.llama import LlamaWorker
from emeritus.runtime import PROBES_V1, RunSettings
from tests.vault.tiny_models import (
    Shape,
    Words,
    few_words,
    run,
    sentence_words,
    words_of,
    write_tiny,
)

SETTINGS = RunSettings(context_tokens=256)
FLAT = Shape(layers=1, width=32, heads=2, kv_heads=1, inner=32)
ENDS = {"<|im_start|>", "<|im_end|>", "<s>", "</s>", "<unk>", "<0x41>"}
LONGER = [
    "'s",
    "'S",
    "'ll",
    "'LL",
    "''ve",
    "  ",
    "\r\n",
    "123",
    "e\u0301",
    "世界",
    "한국",
    "...",
    "the",
    "ing",
]
SINGLE = "' \n\t\x0b\x1c\x85\u00a0\u2003\u30004½Ⅷ٣🦜\u200d!_`$+"
SINGLE += "\u017f\u212a\ufeff\0ßǅª\u093e।\u2028\U000e0001€«~▁"
HARD = [*sorted(ENDS), *LONGER, *SINGLE]
CHARACTERS = st.characters(exclude_categories=("Cs", "Cn"))
TEXTS = st.lists(st.sampled_from(HARD) | st.text(CHARACTERS, max_size=4), max_size=14).map("".join)
CUTTINGS = ("smollm", "gpt-2", "llama-bpe", "qwen2")
Pair = tuple[Any, LlamaWorker]


def started(file: Path, work: Path) -> Iterator[Pair]:
    """The executor's tokenizer and the engine's, of one file."""
    with LlamaEngine(work).start(file, SETTINGS) as worker:
        yield run.load(str(file)), worker


def differing(pair: Pair, text: str) -> str:
    """Say where the two differ; empty when they do not."""
    kept, worker = pair
    ours, theirs = kept.tokenizer.encode(text), worker.tokenize(text)
    return "" if ours == theirs else f"{text!r}: {ours} here, {theirs} there"


@pytest.fixture(scope="module")
def real(real_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    yield from started(real_gguf, tmp_path_factory.mktemp("real"))


@settings(max_examples=150)
@given(text=TEXTS)
def test_the_real_model_reads_texts_as_the_engine_does(real: Pair, text: str) -> None:
    assert differing(real, text) == ""


def test_every_probe_and_the_template_too(real: Pair) -> None:
    kept, worker = real
    for probe in PROBES_V1.probes:
        text = probe.text
        if probe.through_template:
            text = worker.apply_template([("user", text)])
            assert run.fill_template(kept.template, probe.text) == text
        assert differing(real, text) == ""
    assert kept.ends == set(worker.facts.end_tokens)


def test_what_was_written_can_be_read(real: Pair) -> None:
    kept, _ = real
    for text in HARD:
        ids = kept.tokenizer.encode(text)
        assert b"".join(map(kept.tokenizer.decode, ids)).decode() == text


@pytest.fixture(scope="module", params=[*CUTTINGS, "sentence"])
def little(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("little")
    words = sentence_words() if request.param == "sentence" else few_words(request.param)
    yield from started(write_tiny(folder / "m.gguf", words, FLAT), folder)


@settings(max_examples=60)
@given(text=TEXTS)
def test_every_way_of_cutting_words_is_the_engines(little: Pair, text: str) -> None:
    assert differing(little, text) == ""


@pytest.fixture(scope="module", params=CUTTINGS)
def large(
    request: pytest.FixtureRequest, real_gguf: Path, tmp_path_factory: pytest.TempPathFactory
) -> Any:
    folder = tmp_path_factory.mktemp("large")
    words = words_of(real_gguf, request.param)
    yield from started(write_tiny(folder / "m.gguf", words, FLAT), folder)


@pytest.mark.long
@settings(max_examples=1000)
@given(text=TEXTS)
def test_with_a_real_vocabulary(large: Pair, text: str) -> None:
    assert differing(large, text) == ""


@pytest.mark.parametrize("cutting", CUTTINGS)
def test_a_tokenizer_json_says_the_same(cutting: str, tmp_path: Path) -> None:
    words = few_words(cutting)
    kept = run.load(str(write_tiny(tmp_path / "m.gguf", words, FLAT)))
    read = run.tokenizer_of_json(tokenizer_json(words))
    for text in [*HARD, " the world's\n\n 1234 in <|im_end|>   there"]:
        assert read.encode(text) == kept.tokenizer.encode(text, begin=False), text


def tokenizer_json(words: Words) -> dict[str, Any]:
    """Write a vocabulary as a Hugging Face folder has it."""
    special = [number for number, kind in enumerate(words.kinds) if kind == run.CONTROL]
    published = {pattern: text for text, pattern in run.PUBLISHED.items()}
    bytes_alone = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}
    pattern = run.PATTERNS[words.cutting][-1]
    first = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}
    if pattern in published:
        split = {"Regex": published[pattern]}
        first = {"type": "Split", "pattern": split, "behavior": "Isolated", "invert": False}
    steps = [{"type": "Digits", "individual_digits": True}] if words.cutting == "smollm" else []
    return {
        "added_tokens": [
            {"id": number, "content": words.texts[number], "special": True} for number in special
        ],
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [*steps, first, bytes_alone]},
        "post_processor": None,
        "model": {
            "type": "BPE",
            "vocab": {text: number for number, text in enumerate(words.texts)},
            "merges": list(words.merges),
            "ignore_merges": words.cutting == "llama-bpe",
        },
    }


def test_the_published_patterns_are_those_of_the_models() -> None:
    contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
    rest = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    letters = contraction + r"|[^\r\n\p{L}\p{N}]?\p{L}+"
    assert set(run.PUBLISHED) == {
        letters + r"|\p{N}{1,3}" + rest,
        letters + r"|\p{N}" + rest,
    }


def test_the_beginning_token_is_found_in_a_post_processor() -> None:
    template = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A"}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [7], "tokens": ["<s>"]}},
    }
    assert run.begin_of_json(template) == 7
    assert run.begin_of_json({"type": "Sequence", "processors": [{}, template]}) == 7
    assert run.begin_of_json({"type": "ByteLevel"}) is None


@pytest.mark.parametrize(
    "change",
    [
        {"model": {"type": "Unigram", "vocab": [["a", 0.0]]}},
        {"model": {"type": "BPE", "byte_fallback": True, "vocab": {"a": 0}, "merges": []}},
        {"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "x"}, "behavior": "Isolated"}},
        {"pre_tokenizer": {"type": "Whitespace"}},
        {"normalizer": {"type": "Lowercase"}},
    ],
    ids=str,
)
def test_other_tokenizers_need_an_engine(change: dict[str, Any]) -> None:
    with pytest.raises(run.EngineOnly):
        run.tokenizer_of_json(json.loads(json.dumps(tokenizer_json(few_words()) | change)))


LLAMA3 = (
    "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = "
    "'<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim "
    "+ '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}"
    "{{ content }}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
MISTRAL = (
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}"
    "{{ '[INST] ' + message['content'] + ' [/INST]' }}{% elif message['role'] == 'assistant' %}"
    "{{ message['content'] + eos_token}}{% endif %}{% endfor %}"
)
CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content']"
    " + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


@pytest.mark.parametrize("template", [LLAMA3, MISTRAL, CHATML], ids=["llama3", "mistral", "chatml"])
def test_templates_are_filled_as_the_engine_fills_them(template: str, tmp_path: Path) -> None:
    file = write_tiny(tmp_path / "m.gguf", few_words(), FLAT, template)
    for kept, worker in started(file, tmp_path):
        asked = worker.apply_template([("user", "Who are you?")])
        begun = run.fill_template(kept.template, "Who are you?")
        assert asked in (begun, kept.tokenizer.texts[1] + begun)


def test_other_templates_need_an_engine() -> None:
    with pytest.raises(run.EngineOnly, match="this one is another"):
        run.fill_template("<start_of_turn>{{ messages }}", "x")
    with pytest.raises(run.EngineOnly, match="the model has none"):
        run.fill_template(None, "x")
