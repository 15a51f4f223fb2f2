"""What another archive sent, once it was checked: files, their digests, and what came with them."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from emeritus.custody.interchange.errors import ReceivedDamaged
from emeritus.custody.interchange.files import hashed, read_small
from emeritus.foundation import Digest, Silent, canonical_json
from emeritus.vault import Gathered, Package, SignedFile, Source, root_digest

RECEIVED_FORMAT = "emeritus-received/1"

_MOST_TEXT = 2**20
"""Bytes of one accompanying file that are kept with the provenance; of a larger one its digest."""

_MOST_TOGETHER = 32 * 2**20
"""Bytes of accompanying files that are kept with the provenance, together."""

Form = Literal["bagit", "ocfl"]


@dataclass(frozen=True, slots=True)
class Parcel:
    """A bag or an object that is whole: every byte was compared with its own digests.

    Attributes:
        form: what it is.
        version: of the form, and of the object where it has versions, such as `1.1 v3`.
        described: how the sender calls it; empty when it does not say.
        files: path in the model, to where the file lies and its SHA-256 in hex.
        beside: path in the parcel, to where the file lies, of what came with it.
    """

    form: Form
    version: str
    described: str
    files: Mapping[str, tuple[Path, str]]
    beside: Mapping[str, Path]

    def gathered(self) -> Gathered:
        """Return the files as a deposit takes them; none is left out."""
        ordered = sorted(self.files, key=str.encode)
        return Gathered(tuple(Source(path, self.files[path][0]) for path in ordered), ())

    def identity(self) -> Digest:
        """Return the identity that a deposit of these files has."""
        return root_digest(
            SignedFile(path, Digest("sha256", sha256)) for path, (_, sha256) in self.files.items()
        )

    def check_same(self, package: Package) -> None:
        """Check that what was packed is what was checked before.

        Raises:
            ReceivedDamaged: a file changed in between.
        """
        packed = {file.path: file.sha256 for file in package.files}
        for path, (_, sha256) in self.files.items():
            if packed.get(path) != sha256:
                raise ReceivedDamaged(
                    f"{path!a} changed while it was taken into care; nothing was entered: "
                    "look who writes there, then do it again",
                    about=ascii(path),
                )

    def provenance(self) -> bytes:
        """Return what came with the files, as the object that is kept beside the package.

        Raises:
            NotReceivable: one of them cannot be read any more.
        """
        left = _MOST_TOGETHER
        told: list[dict[str, Any]] = []
        for path, file in sorted(self.beside.items()):
            known = hashed(file, ("sha256",), Silent())
            one: dict[str, Any] = {"path": path, "bytes": known.bytes, **known.digests}
            if known.bytes <= min(_MOST_TEXT, left):
                left -= known.bytes
                one |= _content(read_small(file))
            told.append(one)
        return canonical_json(
            {
                "format": RECEIVED_FORMAT,
                "form": self.form,
                "version": self.version,
                "described": self.described,
                "files": told,
            }
        )


def _content(data: bytes) -> dict[str, str]:
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}
