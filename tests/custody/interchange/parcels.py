"""What tests of interchange share: a home with a deposit, bags made by hand, folders compared."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from emeritus.assembly import House
from emeritus.custody import restore_model
from emeritus.custody.deposit import Receipt
from emeritus.custody.interchange import (
    Bagged,
    Parcel,
    Versioned,
    read_bag,
    receive,
    write_bag,
    write_ocfl,
)
from emeritus.foundation import ModelName, Silent
from tests.journeys.houses import NAME, tiny_model

Spoil = Callable[[Path], object]


def unprepared(folder: Path) -> Path:
    """Write a folder as people have them: odd names, an empty file, two files alike."""
    tiny_model(folder)
    for path, data in {
        "config.json": b"{}",
        "sub folder/notes é.txt": b"how it was made\n" * 99,
        "sub folder/モデル.bin": bytes(range(256)) * 9,
        "copy of notes.txt": b"how it was made\n" * 99,
        ".gitattributes": b"*.bin filter=lfs\n",
        "empty": b"",
    }.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def bag_of(house: House, folder: Path, name: str = NAME) -> Bagged:
    return write_bag(house.record, name, folder, progress=Silent(), located=house.stores)


def ocfl_of(house: House, root: Path, name: str = NAME) -> Versioned:
    return write_ocfl(house.record, name, root, actor="steward", progress=Silent())


def take(house: House, parcel: Parcel, name: str = "taken", *, opaque: bool = False) -> Receipt:
    return receive(
        house.record,
        parcel,
        ModelName.parse(name),
        signer=house.require_oms(),
        engine=house.engine,
        actor="steward",
        opaque=opaque,
        progress=Silent(),
    )


def take_bag(house: House, folder: Path, name: str = "taken") -> Receipt:
    return take(house, read_bag(folder, Silent()), name)


def back(house: House, name: str, target: Path) -> dict[str, bytes]:
    restore_model(house.record, name, target, paths=None, progress=Silent())
    return content(target)


def size_of(house: House) -> int:
    return house.record.checkpoint().size


def hand_made_bag(folder: Path, files: Mapping[str, bytes], algorithm: str = "sha512") -> Path:
    """Write a bag as another archive might: one manifest, no tag manifest, no bag-info."""
    lines = []
    for path, data in files.items():
        (folder / "data" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "data" / path).write_bytes(data)
        lines.append(f"{hashlib.new(algorithm, data).hexdigest()}  data/{path}\n")
    (folder / f"manifest-{algorithm}.txt").write_text("".join(lines), encoding="utf-8")
    (folder / "bagit.txt").write_text(
        "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", encoding="utf-8"
    )
    return folder
