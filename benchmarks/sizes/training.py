"""Real fine-tunes: AdamW steps on the whole of a small sentence encoder.

The loss is SimCSE's (Gao, Yao and Chen, EMNLP 2021): a sentence twice through the dropout, its two
vectors near each other and far from those of the other sentences in the batch. The sentences are
those of Python's own help texts.
"""

import pydoc_data.topics
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModel, AutoTokenizer

BATCH = 24
LONGEST = 48
TEMPERATURE = 0.05
FROZEN_LAYERS = 3


def sentences() -> list[str]:
    """Return real sentences of a usual length."""
    text = " ".join(" ".join(pydoc_data.topics.topics.values()).split())
    found = re.split(r"(?<=[.!?]) ", text)
    return [one for one in found if 40 < len(one) < 300]


def tuned(
    folder: Path, *, rate: float, snapshots: tuple[int, ...], partial: bool = False
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Train on, and yield the weights in fp32 after each number of steps in `snapshots`.

    Args:
        folder: the encoder, as `transformers` reads it.
        rate: AdamW's learning rate.
        snapshots: after how many steps, ascending.
        partial: leave embeddings and the first three layers as they are.
    """
    torch.manual_seed(2026)
    torch.set_num_threads(1)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32)
    words = AutoTokenizer.from_pretrained(folder)
    if partial:
        frozen = ("embeddings.", *(f"encoder.layer.{number}." for number in range(FROZEN_LAYERS)))
        for name, weight in model.named_parameters():
            weight.requires_grad = not name.startswith(frozen)
    model.train()
    learner = torch.optim.AdamW(
        [one for one in model.parameters() if one.requires_grad], lr=rate, weight_decay=0.01
    )
    texts = sentences()
    order = torch.randperm(len(texts)).tolist()
    for step in range(1, max(snapshots) + 1):
        chosen = [texts[order[(step * BATCH + place) % len(texts)]] for place in range(BATCH)]
        given = words(
            chosen, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt"
        )
        one, two = (model(**given).last_hidden_state[:, 0] for _ in range(2))
        near = torch.nn.functional.cosine_similarity(one[:, None], two[None], dim=-1) / TEMPERATURE
        loss = torch.nn.functional.cross_entropy(near, torch.arange(BATCH))
        learner.zero_grad()
        loss.backward()
        learner.step()
        if step in snapshots:
            yield step, {name: one.detach().clone() for name, one in model.state_dict().items()}
