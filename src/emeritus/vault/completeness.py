"""Whether all parts of a model are there: a model that lacks a shard is not kept.

Parts are named by an index of shards (`*.index.json` of Hugging Face folders), by the names of
split files (`name-00001-of-00003.gguf`), and by the GGUF keys `split.no` and `split.count`
(llama.cpp, `tools/gguf-split`).
"""

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NoReturn

from emeritus.vault.errors import ModelIncomplete
from emeritus.vault.formats import Layout
from emeritus.vault.sources import Source

LARGEST_INDEX = 64 << 20
"""Bytes; an index of 100,000 tensors takes some 10 MB. A larger one is not looked into."""

_PART = re.compile(r"(.*)-([0-9]{5})-of-([0-9]{5})\.(gguf|safetensors|bin)")


def require_complete(sources: Sequence[Source], layouts: Sequence[Layout]) -> None:
    """Refuse files of which others name a part that is not there.

    An index of which no shard at all is there belongs to a variant that was not downloaded, and is
    a file like any other.

    Args:
        sources: what is to be deposited.
        layouts: of each.

    Raises:
        ModelIncomplete: a part is missing; the message names it.
    """
    paths = {source.path for source in sources}
    for source in sources:
        if source.path.endswith(".index.json"):
            _check_index(source, paths)
    _check_names(paths)
    _check_splits(sources, layouts)


def _check_index(source: Source, paths: set[str]) -> None:
    folder = source.path.rpartition("/")[0]
    named = {f"{folder}/{one}" if folder else one for one in _shards(source)}
    missing = sorted(named - paths)
    if missing and named & paths:
        _refuse(f"{source.path} names {len(named)} files", missing)


def _shards(source: Source) -> set[str]:
    """Return the files that an index names; none when it is no index."""
    if source.size() > LARGEST_INDEX:
        return set()
    try:
        value: Any = json.loads(source.file.read_bytes())
    except (ValueError, RecursionError):
        return set()
    shards = value.get("weight_map") if isinstance(value, dict) else None
    if not isinstance(shards, dict):
        return set()
    return {one for one in shards.values() if isinstance(one, str)}


def _check_names(paths: set[str]) -> None:
    groups: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for path in paths:
        if match := _PART.fullmatch(path):
            prefix, number, count, suffix = match.groups()
            groups[prefix, count, suffix].add(int(number))
    for (prefix, count, suffix), found in sorted(groups.items()):
        missing = sorted(set(range(1, int(count) + 1)) - found)
        if missing:
            names = [f"{prefix}-{number:05}-of-{count}.{suffix}" for number in missing]
            _refuse(f"{prefix} is a model in {int(count)} parts", names)


def _check_splits(sources: Sequence[Source], layouts: Sequence[Layout]) -> None:
    groups: dict[tuple[str, int], set[int]] = defaultdict(set)
    for source, layout in zip(sources, layouts, strict=True):
        number, count = layout.facts.get("split_number"), layout.facts.get("split_count")
        if isinstance(number, int) and isinstance(count, int) and count > 1:
            groups[source.path.rpartition("/")[0], count].add(number)
    for (folder, count), found in sorted(groups.items()):
        if len(found) < min(count, 1 << 16):
            where = f"in {folder}" if folder else "here"
            raise ModelIncomplete(
                f"expected all {count} parts of a split GGUF model {where}, found {len(found)}; "
                "deposit them together, or say --opaque to keep these bytes exactly as they are"
            )


def _refuse(claim: str, missing: Sequence[str]) -> NoReturn:
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    raise ModelIncomplete(
        f"{claim}, and {missing[0]}{more} is not there; deposit all of them together, "
        "or say --opaque to keep these bytes exactly as they are",
        about=missing[0],
    )
