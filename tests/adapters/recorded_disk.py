"""A disk that remembers what was asked of it, and the states that a power cut may leave.

The model is what POSIX promises and no more. Of a file, what was written before its last fsync
is there; what came later is absent, torn or whole. Of a folder, the names set and taken before
its last fsync are so; of the later ones any subset took effect, a rename being two of them.
Files and folders are independent of each other.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from emeritus.adapters.stores import OsDisk

MOST_STATES = 4096
"""Up to so many states of one moment all are visited, above it as many drawn ones."""


@dataclass
class File:
    """A file: its bytes, and how many of them an fsync has made sure of."""

    data: bytes = b""
    synced: int = 0

    def outcomes(self) -> list[bytes]:
        """What a power cut may leave of it."""
        torn = (self.synced + len(self.data)) // 2
        return [self.data[:size] for size in dict.fromkeys((self.synced, torn, len(self.data)))]


@dataclass
class Folder:
    """A folder: the names that are sure, and what was done to it since."""

    sure: dict[str, "File | Folder"] = field(default_factory=dict)
    later: list[tuple[str, "File | Folder | None"]] = field(default_factory=list)

    def now(self) -> dict[str, "File | Folder"]:
        """What a running process sees."""
        return self.after(range(len(self.later)))

    def after(self, chosen: "range | tuple[int, ...]") -> dict[str, "File | Folder"]:
        """What is there when only the chosen later changes took effect."""
        names = dict(self.sure)
        for index in chosen:
            name, node = self.later[index]
            if node is None:
                names.pop(name, None)
            else:
                names[name] = node
        return names

    def sync(self) -> None:
        """Make all of it sure."""
        self.sure, self.later = self.now(), []


class RecordedDisk(OsDisk):
    """Does the real work below `base` and keeps the model of it; `changed` follows each change.

    Args:
        base: an empty folder that is durable already.
    """

    def __init__(self, base: Path) -> None:
        self.base = base.resolve()
        self.root = Folder()
        self.steps = 0
        self._handles: dict[int, File] = {}

    def changed(self) -> None:
        """One more change was made; a subclass looks at the states that it allows."""
        self.steps += 1

    def open_new(self, path: Path) -> int:
        handle = super().open_new(path)
        self._handles[handle] = File()
        self._folder(path.parent).later.append((path.name, self._handles[handle]))
        self.changed()
        return handle

    def write(self, handle: int, data: memoryview) -> int:
        taken = super().write(handle, data)
        self._handles[handle].data += bytes(data[:taken])
        self.changed()
        return taken

    def fsync(self, handle: int) -> None:
        file = self._handles[handle]
        file.synced = len(file.data)
        self.changed()

    def close(self, handle: int) -> None:
        super().close(handle)
        del self._handles[handle]

    def fsync_file(self, path: Path) -> None:
        node = self._folder(path.parent).now()[path.name]
        assert isinstance(node, File)
        node.synced = len(node.data)
        self.changed()

    def fsync_folder(self, path: Path) -> None:
        if path == self.base or self.base in path.parents:
            self._folder(path).sync()
            self.changed()

    def link(self, source: Path, target: Path) -> None:
        super().link(source, target)
        self._put(target, self._folder(source.parent).now()[source.name])

    def rename(self, source: Path, target: Path) -> None:
        super().rename(source, target)
        node = self._folder(source.parent).now()[source.name]
        self._folder(source.parent).later.append((source.name, None))
        self._put(target, node)

    def unlink(self, path: Path) -> None:
        super().unlink(path)
        self._put(path, None)

    def mkdir(self, path: Path) -> None:
        super().mkdir(path)
        self._put(path, Folder())

    def _put(self, path: Path, node: "File | Folder | None") -> None:
        self._folder(path.parent).later.append((path.name, node))
        self.changed()

    def _folder(self, path: Path) -> Folder:
        node: File | Folder = self.root
        for part in path.relative_to(self.base).parts:
            assert isinstance(node, Folder)
            node = node.now()[part]
        assert isinstance(node, Folder)
        return node


def crash_states(root: Folder, ignored: str, seed: int) -> Iterator[dict[str, bytes]]:
    """Yield what may be found after a power cut now: content by path.

    Args:
        root: the model's uppermost folder.
        ignored: the name of a folder whose content no reader sees; it is left out, since its
            changes are never synced and would multiply every state by thousands of equal ones.
        seed: chooses the states where there are more than `MOST_STATES`.
    """
    folders = [folder for folder in _folders(root, ignored) if folder.later]
    files = [file for file in _files(root, ignored) if len(file.outcomes()) > 1]
    bits = [2 ** len(folder.later) for folder in folders] + [len(f.outcomes()) for f in files]
    for choice in _choices(bits, seed):
        kept = {id(folder): number for folder, number in zip(folders, choice, strict=False)}
        data = {
            id(file): file.outcomes()[number]
            for file, number in zip(files, choice[len(folders) :], strict=True)
        }
        yield dict(_visible(root, "", ignored, kept, data))


def _choices(sizes: list[int], seed: int) -> Iterator[tuple[int, ...]]:
    total = 1
    for size in sizes:
        total *= size
    if total <= MOST_STATES:
        yield from product(*map(range, sizes))
        return
    draw = random.Random(seed)
    yield tuple(0 for _ in sizes)
    yield tuple(size - 1 for size in sizes)
    for _ in range(MOST_STATES - 2):
        yield tuple(draw.randrange(size) for size in sizes)


def _nodes(folder: Folder, ignored: str) -> Iterator["File | Folder"]:
    """Yield every node that a state may contain, the folder's own later changes included."""
    named = [*folder.sure.items(), *folder.later]
    seen = {id(node): node for name, node in named if node is not None and name != ignored}
    for node in seen.values():
        yield node
        if isinstance(node, Folder):
            yield from _nodes(node, ignored)


def _folders(root: Folder, ignored: str) -> list[Folder]:
    return [root, *(node for node in _nodes(root, ignored) if isinstance(node, Folder))]


def _files(root: Folder, ignored: str) -> list[File]:
    found = {id(node): node for node in _nodes(root, ignored) if isinstance(node, File)}
    return list(found.values())


def _visible(
    folder: Folder, prefix: str, ignored: str, kept: dict[int, int], data: dict[int, bytes]
) -> Iterator[tuple[str, bytes]]:
    number = kept.get(id(folder), 0)
    chosen = tuple(index for index in range(len(folder.later)) if number >> index & 1)
    for name, node in folder.after(chosen).items():
        if name == ignored:
            continue
        if isinstance(node, File):
            yield prefix + name, data.get(id(node), node.data)
        else:
            yield from _visible(node, f"{prefix}{name}/", ignored, kept, data)


def lay_out(state: dict[str, bytes], base: Path) -> None:
    """Write a state to an empty folder, as a machine finds it when it starts again."""
    base.mkdir()
    for name, data in state.items():
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_bytes(data)


class QuickDisk(OsDisk):
    """Skips every fsync, where durability is not what is tested."""

    def fsync(self, handle: int) -> None:
        pass

    def fsync_folder(self, path: Path) -> None:
        pass

    def fsync_file(self, path: Path) -> None:
        pass
