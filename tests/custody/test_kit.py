"""A run-kit has one spelling, and another version is refused."""

import json
from typing import Any

import pytest

from emeritus.custody.drills.kit import make_kit, read_kit
from emeritus.foundation import canonical_json, sha256
from emeritus.runtime import EngineIdentity, RunSettings
from emeritus.vault import Damaged

KIT = make_kit(sha256(b""), "model.gguf", EngineIdentity("x", "1", None, "0" * 64), RunSettings())


def test_a_kit_comes_back() -> None:
    assert read_kit(KIT.to_bytes(), "objects/x") == KIT


@pytest.mark.parametrize(
    "change",
    [
        {"format": "emeritus-run-kit/2"},
        {"format": None},
        {"colour": "blue"},
        {"settings": {}},
        {"as_served": {}},
    ],
)
def test_what_is_no_kit_is_damaged(change: dict[str, Any]) -> None:
    value = {**json.loads(KIT.to_bytes()), **change}
    with pytest.raises(Damaged, match="objects/x"):
        read_kit(canonical_json(value), "objects/x")


def test_a_kit_without_its_format_is_damaged() -> None:
    value = json.loads(KIT.to_bytes())
    del value["format"]
    with pytest.raises(Damaged, match="every member"):
        read_kit(canonical_json(value), "objects/x")
