"""Files that lie to the executor: it ends with one sentence, and takes no more memory than fits."""

import contextlib
import io
import json
import resource
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emeritus.testing.weights import TinyTensor, tiny_gguf
from emeritus.vault.reader import EXECUTOR
from tests.vault.test_executor_model import write_folder
from tests.vault.test_executor_words import tokenizer_json
from tests.vault.tiny_models import Shape, few_words, matrices, run, sentence_words, write_tiny

SHAPE = Shape(layers=1, width=32, heads=2, kv_heads=1, inner=32)
WORDS = few_words()
KNOWN_ENDS = {0, 1, 3, 5}
MOST_MEMORY = 64 << 20
CONFIG = {
    "model_type": "llama",
    "hidden_act": "silu",
    "hidden_size": 32,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 16,
    "num_hidden_layers": 1,
    "max_position_embeddings": 64,
    "rms_norm_eps": 1e-5,
    "rope_scaling": {"rope_type": "linear", "factor": 2.0},
}


def ends_well(model: Path, *words: str) -> None:
    """See that the command ends with a known status, and says one sentence when it fails."""
    said, complained = io.StringIO(), io.StringIO()
    tracemalloc.start()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
            status = run.main([str(model), *(words or ("--prompt", "the one", "--tokens", "2"))])
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()
    assert status in KNOWN_ENDS
    assert complained.getvalue().count("\n") == (status in {1, 3}), complained.getvalue()
    assert "Traceback" not in complained.getvalue()


@pytest.fixture(scope="module", params=["words", "sentence"])
def sound(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    words = WORDS if request.param == "words" else sentence_words()
    return write_tiny(tmp_path_factory.mktemp("sound") / "m.gguf", words, SHAPE, "<|im_start|>")


def header_of(data: bytes) -> int:
    """Where the tensors begin, as far as changing bytes goes."""
    return len(data) - sum(one.nbytes for one in matrices(SHAPE, 200).values())


NUMBERS = st.sampled_from([0, 1, 2, 7, 255, 2**31, 2**32 - 1, 2**40, 2**63, 2**64 - 1])
CHANGES = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.binary(min_size=1, max_size=3) | NUMBERS.map(lambda number: struct.pack("<Q", number)),
    ),
    min_size=1,
    max_size=4,
)


def changed(sound: Path, work: Path, changes: list[tuple[float, bytes]]) -> Path:
    data = bytearray(sound.read_bytes())
    for share, new in changes:
        at = int(share * header_of(bytes(data)))
        data[at : at + len(new)] = new
    (work / "m.gguf").write_bytes(data)
    return work / "m.gguf"


SAME_FOLDER = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SAME_FOLDER
@given(changes=CHANGES)
def test_changed_headers_end_well(
    sound: Path, tmp_path: Path, changes: list[tuple[float, bytes]]
) -> None:
    ends_well(changed(sound, tmp_path, changes))


@pytest.mark.long
@settings(SAME_FOLDER, max_examples=700)
@given(changes=CHANGES)
def test_thousands_of_changed_headers_end_well(
    sound: Path, tmp_path: Path, changes: list[tuple[float, bytes]]
) -> None:
    ends_well(changed(sound, tmp_path, changes))


@SAME_FOLDER
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_file_that_is_cut_off_ends_well(sound: Path, tmp_path: Path, share: float) -> None:
    data = sound.read_bytes()
    (tmp_path / "m.gguf").write_bytes(data[: int(share * len(data))])
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        assert run.main([str(tmp_path / "m.gguf"), "--prompt", "x"]) == 1
    assert said.getvalue().count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("llama.block_count", 4_000_000_000, "layers"),
        ("llama.block_count", 2, "blk.1."),
        ("llama.attention.head_count", 0, "heads"),
        ("llama.attention.head_count_kv", 3, "fit"),
        ("llama.attention.key_length", 1 << 20, "heads"),
        ("llama.rope.freq_base", 0.0, "rotary base"),
        ("llama.context_length", 0, "longest"),
        ("llama.expert_count", 8, "expert_count"),
        ("llama.rope.scaling.type", "yarn", "yarn"),
        ("tokenizer.ggml.model", "bert", "bert"),
        ("tokenizer.ggml.pre", "tekken", "tekken"),
        ("tokenizer.ggml.bos_token_id", 9_999, "begins"),
        ("tokenizer.ggml.token_type", [1, 1], "kinds"),
        ("general.alignment", 3_000_000, "alignment"),
    ],
)
def test_a_lie_is_named(name: str, value: Any, word: str, tmp_path: Path) -> None:
    meta: dict[str, Any] = {
        "general.architecture": "llama",
        "llama.block_count": 1,
        "llama.embedding_length": 32,
        "llama.context_length": 64,
        "llama.attention.head_count": 2,
        "llama.attention.head_count_kv": 1,
        "llama.attention.layer_norm_rms_epsilon": 0.5,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": list(WORDS.texts),
        "tokenizer.ggml.merges": list(WORDS.merges),
        "tokenizer.ggml.add_bos_token": True,
        "tokenizer.ggml.bos_token_id": 1,
    }
    tensors = [run_tensor(name, one) for name, one in matrices(SHAPE, len(WORDS.texts)).items()]
    (tmp_path / "good.gguf").write_bytes(tiny_gguf(tensors, meta))
    assert run.load(str(tmp_path / "good.gguf")).model.layers == 1
    (tmp_path / "bad.gguf").write_bytes(tiny_gguf(tensors, meta | {name: value}))
    with pytest.raises(run.Bad, match=word):
        run.load(str(tmp_path / "bad.gguf"))


def run_tensor(name: str, one: Any) -> Any:
    return TinyTensor(name, 0, tuple(reversed(one.shape)), one.tobytes())


def test_a_name_of_many_lines_is_one_line(tmp_path: Path) -> None:
    names = ["\n" * 9_000, "\x1b[31m", "\n" * 9_000]
    tensors = [TinyTensor(name, 0, (1,), bytes(4)) for name in names]
    (tmp_path / "m.gguf").write_bytes(tiny_gguf(tensors, {}))
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        assert run.main([str(tmp_path / "m.gguf"), "--prompt", "x"]) == 1
    assert len(said.getvalue()) < 600
    assert said.getvalue().count("\n") == 1


def test_numbers_that_are_none_are_named(tmp_path: Path) -> None:
    file = write_tiny(tmp_path / "m.gguf", WORDS, SHAPE)
    data = file.read_bytes()
    file.write_bytes(data[:-400] + b"\xff\xff\xff\x7f" * 100)
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        assert run.main([str(file), "--prompt", "x"]) == 1
    assert "not a number" in said.getvalue()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 2**70) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


PARTS = ["answers", "probe_set", "format", "prompt", "steps", "top"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = matrices(SHAPE, len(WORDS.texts))
    return write_folder(tmp_path_factory.mktemp("folder") / "m", CONFIG, found, WORDS)


@settings(SAME_FOLDER, max_examples=60)
@given(value=JSON, data=st.data())
def test_changed_json_ends_well(folder: Path, value: Any, data: Any) -> None:
    ends_well(folder)
    name = data.draw(st.sampled_from(["config.json", "tokenizer.json"]))
    told = CONFIG if name == "config.json" else tokenizer_json(WORDS)
    keys = sorted(told) if name == "config.json" else ["added_tokens", "model", "pre_tokenizer"]
    before = (folder / name).read_text()
    try:
        changed = told | {data.draw(st.sampled_from(keys)): value}
        (folder / name).write_text(json.dumps(changed))
        ends_well(folder)
    finally:
        (folder / name).write_text(before)


@SAME_FOLDER
@given(value=JSON, key=st.sampled_from(["dtype", "shape", "data_offsets", ""]))
def test_changed_safetensors_end_well(folder: Path, tmp_path: Path, value: Any, key: str) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    file = tmp_path / "model-00001-of-00002.safetensors"
    data = file.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    name = min(header)
    header[name] = header[name] | {key: value} if key else value
    head = json.dumps(header).encode()
    file.write_bytes(len(head).to_bytes(8, "little") + head + data[8 + length :])
    ends_well(tmp_path)


@SAME_FOLDER
@given(
    value=JSON, key=st.sampled_from(["answers", "probe_set", "format", "prompt", "steps", "top"])
)
def test_changed_fingerprints_end_well(sound: Path, tmp_path: Path, value: Any, key: str) -> None:
    answer = {"probe": "plain", "skipped": None, "prompt": [5, 6], "steps": [step(7), step(8)]}
    told = {"format": "emeritus-fingerprint/1", "probe_set": "probes/1", "answers": [answer]}
    place = told if key in told else answer if key in answer else answer["steps"][0]  # type: ignore[index] # it is a list
    place[key] = value  # type: ignore[index] # one of the three
    (tmp_path / "fingerprint").write_text(json.dumps(told))
    ends_well(sound, "--against", str(tmp_path / "fingerprint"))


def step(token: int) -> dict[str, Any]:
    return {"token": token, "top": [[token, -0.5], [9, -2.0]]}


def test_little_memory_is_an_end_too(tmp_path: Path) -> None:
    """Texts of six letters that take ten times their bytes, in a process that has 300 MB."""
    header = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"a"
    header += struct.pack("<IIQ", 9, 8, 3_000_000)
    texts = (struct.pack("<Q", 6) + b"abcdef") * 3_000_000
    (tmp_path / "m.gguf").write_bytes(header + texts)
    program = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_AS, (300 << 20,) * 2); "
        "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, EXECUTOR, tmp_path / "m.gguf", "--prompt", "x"],
        capture_output=True,
        text=True,
        check=False,
        env={"OPENBLAS_NUM_THREADS": "1"},
        timeout=100,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 4 << 20
