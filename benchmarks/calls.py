"""Measure calling the real small model: woken, awake, and beside its bare engine."""

import json
import statistics
import time
import urllib.request
from pathlib import Path
from typing import Any

from emeritus.api import routes
from emeritus.assembly import House, HouseGateway, HouseSite, found_house
from emeritus.custody import deposit
from emeritus.foundation import ModelName, Silent
from emeritus.runtime import Sampling, chat_prompt
from emeritus.testing.serving import running
from emeritus.web.app import Parts

RUNS = 15
NAME = "bench"
WORDS = "Good evening. What is a lighthouse for?"
SAMPLING = Sampling(most_tokens=20, temperature=0.0)


def measure_calls(model: Path, folder: Path) -> dict[str, Any]:
    """Return medians in seconds of a call to its first word, cold, warm and without the house."""
    house = _house(model, folder)
    _cold(house)  # restores the file into the cache; that is a restore, not a call
    return {
        "runs": RUNS,
        "cold_first_seconds": statistics.median(_cold(house) for _ in range(RUNS)),
        **_warm(house),
    }


def _house(model: Path, folder: Path) -> House:
    house = found_house(folder / "home", steward="Bench", policy="demonstration")
    deposit(
        house.record,
        model,
        ModelName(NAME),
        signer=house.require_oms(),
        engine=house.engine,
        actor="bench",
        opaque=False,
        progress=Silent(),
    )
    return house


def _cold(house: House) -> float:
    """Call a model that sleeps; the server runs already."""
    models = house.models()
    gateway = HouseGateway(house, models)
    with running(HouseSite(house), Parts(routes=routes(gateway))) as address:
        try:
            return _first_word(address)
        finally:
            models.close()


def _warm(house: House) -> dict[str, float]:
    """Call a model that is awake, over HTTP and in its own process, in turns."""
    models = house.models()
    gateway = HouseGateway(house, models)
    served, bare = [], []
    try:
        with running(HouseSite(house), Parts(routes=routes(gateway))) as address:
            _first_word(address)
            for _ in range(RUNS):
                served.append(_first_word(address))
                bare.append(_bare(models))
    finally:
        models.close()
    return {
        "warm_first_seconds": statistics.median(served),
        "bare_first_seconds": statistics.median(bare),
    }


def _bare(models: Any) -> float:
    taken = 0.0
    with models.lease(NAME) as worker:
        tokens = chat_prompt(worker, [("user", WORDS)])
        began = time.perf_counter()
        # To the end, as the other one: an answer that is left has to be stopped by the next call.
        for piece in worker.complete(tokens, SAMPLING):
            if piece.text and not taken:
                taken = time.perf_counter() - began
    return taken


def _first_word(address: str) -> float:
    said = {"model": NAME, "stream": True, "max_tokens": 20, "temperature": 0.0}
    body = json.dumps({**said, "messages": [{"role": "user", "content": WORDS}]}).encode()
    request = urllib.request.Request(
        address + "v1/chat/completions", body, {"Content-Type": "application/json"}
    )
    began = time.perf_counter()
    taken = 0.0
    with urllib.request.urlopen(request) as answer:
        for line in answer:
            if not taken and _has_word(line):
                taken = time.perf_counter() - began
    return taken


def _has_word(line: bytes) -> bool:
    if not line.startswith(b"data: {"):
        return False
    choices = json.loads(line[6:])["choices"]
    return bool(choices and choices[0]["delta"].get("content"))


def lines_of(result: dict[str, Any]) -> list[str]:
    """Return the part of the page."""
    cold, warm, bare = (result[f"{name}_first_seconds"] for name in ("cold", "warm", "bare"))
    return [
        "",
        "## Calling",
        "",
        (
            f"Medians of {result['runs']} calls over a socket, from the request to the first word "
            "of a streamed answer; the prompt has ten words."
        ),
        "",
        "| | to the first word | beside the bare engine |",
        "|---|---|---|",
        f"| woken by the call | {cold * 1000:.0f} ms | {cold / bare:.1f} |",
        f"| awake, over `/v1` | {warm * 1000:.1f} ms | {warm / bare:.2f} |",
        f"| awake, its worker called directly | {bare * 1000:.1f} ms | 1 |",
        "",
        (
            "The house adds the difference of the last two rows: the socket, the request, the "
            "record, and turning the words into tokens, which takes a question to the worker for "
            "each turn."
        ),
        "",
    ]
