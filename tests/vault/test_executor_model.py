"""The executor computes what the engine computes, for every shape of model that it knows."""

import ast
import json
import math
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from gguf import GGMLQuantizationType as Kind

from emeritus.adapters.runtimes import LlamaEngine
from emeritus.runtime import RunSettings, greedy_steps, take_fingerprint
from emeritus.vault.reader import EXECUTOR, executor_source
from tests.vault.test_executor_words import tokenizer_json
from tests.vault.tiny_models import Shape, few_words, matrices, run, words_of, write_tiny

SETTINGS = RunSettings(context_tokens=256)
TEXT = "The world in 300 lines: the other one, again and again."
WORDS = few_words()
ATTENTION = ("attn_q", "attn_k", "attn_v")

ALWAYS = {
    "llama": Shape(),
    "qwen2": Shape("qwen2", biases=ATTENTION, own_output=False),
    "qwen3": Shape("qwen3", normed_heads=True, head=32),
    "llama 3.1": Shape(factors=True, base=500_000.0, kv_heads=1),
}
SOMETIMES = {
    "all biases": Shape(biases=(*ATTENTION, "attn_output", "ffn_gate", "ffn_up", "ffn_down")),
    "no sharing of heads": Shape(kv_heads=4),
    "places scaled": Shape(linear=4.0),
    "f16": Shape(kind=Kind.F16),
}


def test_it_is_python_3_8_and_needs_numpy_alone() -> None:
    tree = ast.parse(executor_source(), feature_version=(3, 8))
    names = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert names <= {*sys.stdlib_module_names, "numpy"}


def furthest(file: Path, work: Path) -> float:
    """The largest difference of a log-probability, at three places, of all that are not tiny."""
    kept = run.load(str(file))
    prompt = kept.tokenizer.encode(TEXT)
    here = kept.model.logprobs(kept.model.evaluate(prompt, []))
    differences = []
    with LlamaEngine(work).start(file, SETTINGS) as worker:
        assert worker.tokenize(TEXT) == prompt
        for place in (4, 15, len(prompt)):
            there = worker.next_token(prompt[:place], len(kept.tokenizer.texts))
            differences += [
                abs(here[place - 1][one.token] - one.logprob) for one in there if one.logprob > -15
            ]
    assert len(differences) > 50
    return float(max(differences))


@pytest.mark.parametrize("name", ALWAYS)
def test_a_small_model_is_computed_as_by_the_engine(name: str, tmp_path: Path) -> None:
    assert furthest(write_tiny(tmp_path / "m.gguf", WORDS, ALWAYS[name]), tmp_path) < 0.06


@pytest.mark.long
@pytest.mark.parametrize("name", SOMETIMES)
def test_so_is_one_of_a_rarer_shape(name: str, tmp_path: Path) -> None:
    assert furthest(write_tiny(tmp_path / "m.gguf", WORDS, SOMETIMES[name]), tmp_path) < 0.06


@pytest.mark.parametrize("change", ["base", "epsilon", "rotation", "bias"])
def test_a_wrong_computation_would_be_seen(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = Shape(biases=ATTENTION)
    file = write_tiny(tmp_path / "m.gguf", WORDS, shape)
    kept = run.load(str(file))
    prompt = kept.tokenizer.encode(TEXT)
    right = kept.model.logprobs(kept.model.evaluate(prompt, []))
    match change:
        case "base":
            monkeypatch.setattr(kept.model, "frequencies", kept.model.frequencies * 1.1)
        case "epsilon":
            monkeypatch.setattr(kept.model, "epsilon", 0.05)
        case "rotation":
            monkeypatch.setattr(kept.model, "rotation", run.HALVES)
        case "bias":
            monkeypatch.delitem(kept.model.tensors, "blk.1.attn_k.bias")
            monkeypatch.delitem(kept.model.tensors, "blk.0.attn_v.bias")
    wrong = kept.model.logprobs(kept.model.evaluate(prompt, []))
    assert np.abs(right - wrong)[right > -15].max() > 0.1


def test_a_prompt_in_parts_is_the_same_prompt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = run.load(str(write_tiny(tmp_path / "m.gguf", WORDS)))
    prompt = kept.tokenizer.encode(TEXT)
    whole = list(run.write_on(kept, prompt, 6, 4))
    monkeypatch.setattr(run, "PROMPT_PART", 7)
    parts = list(run.write_on(kept, prompt, 6, 4))
    assert [step[0][0] for step in whole] == [step[0][0] for step in parts]
    memory: list[Any] = []
    one_by_one = [kept.model.evaluate([token], memory)[0] for token in prompt]
    assert np.allclose(one_by_one, kept.model.evaluate(prompt, []), atol=1e-4)


def test_the_real_model_writes_what_the_engine_writes(real_gguf: Path, tmp_path: Path) -> None:
    prompt = "The capital of France is"
    done = executed(real_gguf, "--prompt", prompt, "--tokens", 4, "--top", 8, "--json")
    ours = json.loads(done.stdout)["steps"]
    with LlamaEngine(tmp_path).start(real_gguf, SETTINGS) as worker:
        theirs = list(greedy_steps(worker, worker.tokenize(prompt), 8, 4))
    assert [step["token"] for step in ours] == [step.token for step in theirs]
    for here, there in zip(ours, theirs, strict=True):
        known = dict(here["top"])
        apart = [abs(known[token] - logprob) for token, logprob in there.top if token in known]
        assert sum(apart) / len(apart) < run.MEAN_TOLERANCE_QUANTISED


def executed(*words: object) -> "subprocess.CompletedProcess[str]":
    """Run the executor as a stranger does: isolated, and with no environment."""
    command = ["/usr/bin/env", "-i", "OPENBLAS_NUM_THREADS=1", sys.executable, "-I", str(EXECUTOR)]
    return subprocess.run(
        [*command, *map(str, words)], capture_output=True, text=True, check=False, timeout=100
    )


def test_the_command_writes_on(tmp_path: Path) -> None:
    file = write_tiny(tmp_path / "m.gguf", WORDS)
    done = executed(file, "--prompt", TEXT, "--tokens", "3", "--top", "2")
    assert (done.returncode, done.stderr) == (0, "")
    done = executed(file, "--prompt", TEXT, "--tokens", "3", "--top", "2", "--json")
    told = json.loads(done.stdout)
    assert [len(step["top"]) for step in told["steps"]] == [2, 2, 2]
    assert told["architecture"] == "llama"
    assert told["parameters"] == sum(
        one.size for one in matrices(Shape(), len(WORDS.texts)).values()
    )


def test_the_command_has_words_for_every_end(tmp_path: Path) -> None:
    file = write_tiny(tmp_path / "m.gguf", WORDS)
    assert executed(file).returncode == 2
    assert executed(tmp_path / "absent", "--prompt", "x").returncode == 1
    assert executed(file, "--prompt", "x", "--tokens", "0").returncode == 2
    too_large = executed(file, "--prompt", "x", "--most", "1000")
    assert too_large.returncode == 4
    assert "parameters times" in too_large.stderr
    no_template = executed(file, "--prompt", "x", "--chat")
    assert no_template.returncode == 3
    assert "without --chat" in no_template.stderr
    long = executed(file, "--prompt", "x " * 600, "--tokens", "1")
    assert long.returncode == 1
    assert "longer than the 512 tokens" in long.stderr


@pytest.mark.parametrize("name", ["gemma3", "mamba", ""])
def test_another_architecture_needs_an_engine(name: str, tmp_path: Path) -> None:
    file = write_tiny(tmp_path / "m.gguf", WORDS, replace(Shape(), architecture=name))
    done = executed(file, "--prompt", "x")
    assert done.returncode == 3
    assert f"knows the architectures llama, qwen2, qwen3, and this file is {name}" in done.stderr


def test_a_tensor_that_is_not_used_needs_an_engine(tmp_path: Path) -> None:
    shape = Shape(normed_heads=True)
    file = write_tiny(tmp_path / "m.gguf", WORDS, replace(shape, biases=("attn_q_norm",)))
    assert run.load(str(file)).architecture == "llama"
    found = {"blk.0.attn_sinks.weight": None} | run.load(str(file)).model.tensors
    with pytest.raises(run.EngineOnly, match="attn_sinks"):
        run.Model(found, 2, 4, 2, 16, 1e-5, [1.0], run.PAIRS, 512)


def fingerprint(file: Path, target: Path) -> Path:
    """Take a fingerprint with the engine."""
    with LlamaEngine(target.parent / "work").start(file, SETTINGS) as worker:
        target.write_bytes(take_fingerprint(worker).to_bytes())
    return target


def test_a_fingerprint_agrees_or_differs(tmp_path: Path) -> None:
    words = few_words("llama-bpe")
    file = write_tiny(tmp_path / "m.gguf", words)
    taken = fingerprint(file, tmp_path / "fingerprint")
    done = executed(file, "--against", taken)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("This arithmetic agrees with what the engine answered.\n")
    told = json.loads(executed(file, "--against", taken, "--probes", "1", "--json").stdout)
    assert [one["probe"] for one in told["probes"]] == ["plain"]
    assert told["probes"][0]["tokens"] == 16
    assert told["probes"][0]["mean"] < run.MEAN_TOLERANCE
    other = write_tiny(tmp_path / "other.gguf", words, Shape(base=700.0))
    done = executed(other, "--against", taken)
    assert done.returncode == 5
    assert "differs" in done.stdout
    cut_otherwise = write_tiny(tmp_path / "cut.gguf", few_words("llama-bpe", ["Ġ t", "h e", "o l"]))
    done = executed(cut_otherwise, "--against", taken)
    assert done.returncode in {1, 5}
    assert "agrees" not in done.stdout


def test_the_tolerance_of_quantised_weights_is_wider(tmp_path: Path) -> None:
    words = few_words()
    for kind, wide in ((Kind.F32, False), (Kind.Q8_0, True)):
        kept = run.load(str(write_tiny(tmp_path / kind.name, words, Shape(kind=kind))))
        figures = {"prompt": True, "behind": 0.0, "mean": 0.1}
        assert run.agrees(kept, figures) is wide
        assert not run.agrees(kept, figures | {"prompt": False, "mean": 0.0})
        assert not run.agrees(kept, figures | {"behind": 0.6, "mean": 0.0})


THEIRS = {ours: theirs for theirs, ours in run.HF_NAMES}


def hf_name(name: str) -> str:
    for ours, theirs in THEIRS.items():
        name = name.replace(ours, theirs)
    return name


def unpermuted(one: Any, heads: int) -> Any:
    """Undo what the conversion to GGUF does with the rows that are rotated."""
    pairs = one.reshape(heads, one.shape[0] // heads // 2, 2, *one.shape[1:])
    return pairs.swapaxes(1, 2).reshape(one.shape)


def write_folder(folder: Path, config: dict[str, Any], found: dict[str, Any], words: Any) -> Path:
    """Write a Hugging Face folder in two parts; matrices as bf16, vectors as 32-bit floats."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer_json(words)))
    names, parts = sorted(found), {}
    for number in (1, 2):
        file = f"model-{number:05}-of-00002.safetensors"
        header, data = {}, b""
        for name in names[number - 1 :: 2]:
            kind = Kind.BF16 if found[name].ndim > 1 else Kind.F32
            raw = gguf.quantize(found[name], kind).tobytes()
            place = [len(data), len(data) + len(raw)]
            shape = list(found[name].shape)
            header[hf_name(name)] = {"dtype": kind.name, "shape": shape, "data_offsets": place}
            data += raw
            parts[hf_name(name)] = file
        head = json.dumps(header).encode()
        (folder / file).write_bytes(len(head).to_bytes(8, "little") + head + data)
    index = {"metadata": {}, "weight_map": parts}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


@pytest.mark.parametrize("architecture", ["llama", "qwen2"])
def test_a_folder_of_safetensors_gives_the_same(architecture: str, tmp_path: Path) -> None:
    shape = Shape(architecture, kind=Kind.BF16, biases=ATTENTION)
    kept = run.load(str(write_tiny(tmp_path / "m.gguf", WORDS, shape)))
    found = matrices(shape, len(WORDS.texts))
    for name in found:
        rounded = gguf.dequantize(gguf.quantize(found[name], Kind.BF16), Kind.BF16)
        found[name] = rounded if found[name].ndim > 1 else found[name]
        rotates = name.rpartition(".")[0].endswith(("attn_q", "attn_k"))
        if architecture == "llama" and rotates:
            found[name] = unpermuted(found[name], shape.heads if "_q" in name else shape.kv_heads)
    config = {
        "model_type": architecture,
        "hidden_act": "silu",
        "hidden_size": shape.width,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "num_hidden_layers": shape.layers,
        "max_position_embeddings": 512,
        "rms_norm_eps": 1e-5,
        "rope_theta": shape.base,
    }
    folder = write_folder(tmp_path / "folder", config, found, WORDS)
    read = run.load(str(folder))
    prompt = kept.tokenizer.encode(TEXT)
    assert read.tokenizer.encode(TEXT) == prompt
    one = kept.model.logprobs(kept.model.evaluate(prompt, []))
    two = read.model.logprobs(read.model.evaluate(prompt, []))
    assert np.abs(one - two)[one > -15].max() < 1e-3
    assert executed(folder, "--prompt", TEXT, "--tokens", "2").returncode == 0
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "gpt_neox"}))
    assert executed(folder, "--prompt", TEXT).returncode == 3


def test_llama_3_scales_places_by_degrees() -> None:
    """The rule of Llama 3.1's config.json, against the loop in which it was published."""
    rope = {
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    }
    plain = run.frequencies_of(500_000.0, 64)
    expected = []
    for frequency in plain:
        wave = 2 * math.pi / frequency
        if wave < 8192 / 4.0:
            expected.append(frequency)
        elif wave > 8192 / 1.0:
            expected.append(frequency / 8.0)
        else:
            smooth = (8192 / wave - 1.0) / (4.0 - 1.0)
            expected.append((1 - smooth) * frequency / 8.0 + smooth * frequency)
    assert np.allclose(run.scaled_as_json_says(plain, rope), expected, rtol=1e-12)
    with pytest.raises(run.EngineOnly, match="yarn"):
        run.scaled_as_json_says(plain, {"rope_type": "yarn"})


def real_as(file: Path, target: Path) -> Path:
    """Write the real model anew with 32-bit floats."""
    reader, writer = gguf.GGUFReader(file), gguf.GGUFWriter(target, "llama")
    for field in reader.fields.values():
        if not field.name.startswith("GGUF.") and field.name != "general.architecture":
            kinds = field.types
            inner = kinds[-1] if kinds[0] is gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(field.name, field.contents(), kinds[0], sub_type=inner)
    for tensor in reader.tensors:
        numbers = gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        writer.add_tensor(tensor.name, numbers)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target


@pytest.mark.long
def test_the_real_model_in_floats_agrees_to_rounding(real_gguf: Path, tmp_path: Path) -> None:
    file = real_as(real_gguf, tmp_path / "m.gguf")
    done = executed(file, "--against", fingerprint(file, tmp_path / "fingerprint"), "--json")
    told = json.loads(done.stdout)
    assert told["outcome"] == "agrees"
    assert [one["same"] for one in told["probes"]] == [16] * 6
    assert max(one["mean"] for one in told["probes"]) < 0.006
    shutil.rmtree(tmp_path)


@pytest.mark.long
def test_the_real_model_as_a_folder_writes_the_same(real_gguf: Path, tmp_path: Path) -> None:
    reader = gguf.GGUFReader(real_gguf)
    found = {}
    for tensor in reader.tensors:
        numbers = gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        if "attn_q." in tensor.name or "attn_k." in tensor.name:
            numbers = unpermuted(numbers, 9 if "attn_q." in tensor.name else 3)
        found[tensor.name] = numbers
    config = {
        "model_type": "llama",
        "hidden_size": 576,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "num_hidden_layers": 30,
        "max_position_embeddings": 8192,
        "rms_norm_eps": 1e-5,
        "rope_parameters": {"rope_type": "default", "rope_theta": 100_000.0},
        "eos_token_id": 2,
    }
    folder = write_folder(tmp_path / "folder", config, found, words_of(real_gguf, "smollm"))
    words = ["--prompt", "The capital of France is", "--tokens", "8", "--json"]
    one, two = (json.loads(executed(model, *words).stdout) for model in (real_gguf, folder))
    assert one["prompt"] == two["prompt"]
    assert [step["token"] for step in one["steps"]] == [step["token"] for step in two["steps"]]
    shutil.rmtree(tmp_path)
