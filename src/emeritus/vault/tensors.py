"""The tensors of kept files: what lies where, and the bytes of one of them."""

import difflib
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from emeritus.foundation import NotFound, UserError
from emeritus.vault.codec.pieces import PIECE_BYTES
from emeritus.vault.formats import Layout, inspect
from emeritus.vault.package import Package, PackagedFile
from emeritus.vault.ports import Pieces
from emeritus.vault.restore import read_part

FORMATS_WITH_TENSORS = ("gguf", "safetensors")


@dataclass(frozen=True, slots=True)
class KeptTensor:
    """One tensor of a kept file.

    Attributes:
        name: as the file has it.
        element: what it is made of, such as `bf16` or `q4_k`.
        shape: its dimensions in the order of the file: GGUF begins with the one along which numbers
            lie side by side, safetensors ends with it.
        file: the path of the file in its package.
        offset: its first byte's place in the file.
        bytes: its size; a tensor without bytes is not listed.
    """

    name: str
    element: str
    shape: tuple[int, ...]
    file: str
    offset: int
    bytes: int


def kept_layout(pieces: Pieces, file: PackagedFile) -> Layout:
    """Look at a file of the kept one's size of which only the head is written.

    It is looked at as a file from outside is: in a limited process. The first pieces are read, to
    the end of the header.

    Raises:
        FormatBroken: it was kept as bytes, and breaks the rules of what it claims to be.
        FormatUnknown: it is of a version that is not read here today.
        NotInStore: a piece is not there.
        Damaged: a piece is not what was deposited.
        StoreUnavailable: the store could not be read.
    """
    with tempfile.TemporaryDirectory(prefix="emeritus-head-") as folder:
        head = Path(folder) / Path(file.path).name
        with head.open("wb") as stream:
            for piece in file.pieces:
                stream.write(pieces.decoded(piece.id))
                if piece.bytes < PIECE_BYTES:
                    break
            stream.truncate(file.bytes)
        return inspect(head)


def list_tensors(pieces: Pieces, file: PackagedFile) -> tuple[KeptTensor, ...]:
    """Return the tensors of a kept file in the order of their places, from its head alone.

    A file that is kept as bytes has none.

    Raises:
        NotInStore: a piece is not there.
        Damaged: a piece is not what was deposited.
        StoreUnavailable: the store could not be read.
    """
    if file.format not in FORMATS_WITH_TENSORS:
        return ()
    layout = kept_layout(pieces, file)
    return tuple(
        KeptTensor(
            one.name, one.element, layout.shapes[one.name], file.path, one.offset, one.length
        )
        for one in layout.segments
        if one.name in layout.shapes and one.element != "opaque"
    )


def all_tensors(
    pieces: Pieces, package: Package, paths: Iterable[str] = ()
) -> tuple[KeptTensor, ...]:
    """Return the tensors of a package's files, or of some of them; see `list_tensors`.

    Raises:
        NotFound: a path is not in the package.
    """
    wanted = set(paths)
    missing = wanted - {file.path for file in package.files}
    if missing:
        raise NotFound(f"no file {min(missing)!r} in this package; 'emeritus show' names its files")
    chosen = [file for file in package.files if not wanted or file.path in wanted]
    return tuple(one for file in chosen for one in list_tensors(pieces, file))


def find_tensor(tensors: Iterable[KeptTensor], name: str) -> KeptTensor:
    """Return the tensor of that name.

    Raises:
        NotFound: there is none; the message has names that are near.
        UserError: several files have one.
    """
    known = tuple(tensors)
    found = [one for one in known if one.name == name]
    if len(found) > 1:
        files = ", ".join(one.file for one in found[:8])
        raise UserError(f"{name} is in several files ({files}); say which with --file", about=name)
    if found:
        return found[0]
    if not known:
        raise NotFound(
            f"no tensor {name!r}: these files are kept as bytes, and no tensors are known in them; "
            "restore a whole file",
            about=name,
        )
    names = sorted({one.name for one in known})
    near = difflib.get_close_matches(name, names, 3, 0.5) or names[:3]
    raise NotFound(
        f"no tensor {name!r} in this package; there are {', '.join(near)} "
        f"({len(names)} in all, listed by 'emeritus show NAME --tensors')",
        about=name,
    )


def read_tensor(pieces: Pieces, package: Package, tensor: KeptTensor) -> Iterator[bytes]:
    """Yield a tensor's bytes as its file has them; see `read_part`."""
    file = next(one for one in package.files if one.path == tensor.file)
    return read_part(pieces, file, tensor.offset, tensor.offset + tensor.bytes)
