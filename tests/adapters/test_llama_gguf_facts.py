import struct
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emeritus.adapters.runtimes.gguf_facts import GgufFacts, read_gguf_facts


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def number(key: str, value: int) -> bytes:
    return text(key) + struct.pack("<II", 4, value)


def string(key: str, value: str) -> bytes:
    return text(key) + struct.pack("<I", 8) + text(value)


def head(*pairs: bytes) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs)) + b"".join(pairs)


TOKENS = text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("bc")
SCORES = text("tokenizer.ggml.scores") + struct.pack("<IIQ", 9, 6, 2) + bytes(8)
TOY = head(
    string("general.architecture", "toy"),
    number("toy.block_count", 4),
    number("toy.embedding_length", 64),
    number("toy.attention.head_count", 8),
    number("toy.attention.head_count_kv", 2),
    TOKENS,
    SCORES,
    number("tokenizer.ggml.eos_token_id", 2),
    number("tokenizer.ggml.eot_token_id", 5),
    string("tokenizer.chat_template", "{{ hi }}"),
)


def test_a_head_is_read(tmp_path: Path) -> None:
    file = tmp_path / "toy.gguf"
    file.write_bytes(TOY)
    found = read_gguf_facts(file)
    assert found == GgufFacts("{{ hi }}", (2, 5), 2 * 4 * 2 * 16)


def test_the_real_model(real_gguf: Path) -> None:
    found = read_gguf_facts(real_gguf)
    assert found.end_tokens == (2,)
    assert "<|im_start|>" in str(found.chat_template)
    assert found.context_bytes_per_token == 30 * 2 * 3 * 64 * 2


def test_every_truncation_is_left_unknown(tmp_path: Path) -> None:
    file = tmp_path / "toy.gguf"
    for length in range(4, len(TOY)):
        file.write_bytes(TOY[:length])
        assert read_gguf_facts(file) == GgufFacts()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(4, len(TOY) - 1), st.binary(min_size=1, max_size=8))
def test_no_damage_breaks_the_reader(tmp_path: Path, at: int, put: bytes) -> None:
    file = tmp_path / "toy.gguf"
    file.write_bytes(TOY[:at] + put + TOY[at + len(put) :])
    assert read_gguf_facts(file).context_bytes_per_token >= 0
