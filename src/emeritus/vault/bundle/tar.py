"""The bytes around a member of a bundle: POSIX ustar (IEEE Std 1003.1-1988), in one spelling.

Every field is fixed but name and size: mode 0644, no owner, no time. So a header needs no parser
that could be misled: a reader writes the one that must be there, and compares.
"""

from emeritus.foundation import UserError

LIST_FILE = "bundle.json"
"""The first member: the list."""

CLOSING_FILE = "bundle.sha256"
"""The last member: the SHA-256 of the list, as `sha256sum` writes and checks it."""

BLOCK = 512
"""Bytes by which everything in a tar file is counted."""

END = bytes(2 * BLOCK)
"""What stands behind the last member."""

_DIGITS = 11
LARGEST = 8**_DIGITS - 1
"""Bytes of a member: what eleven octal digits can say, 8 GiB. A pack has 256 MiB and a piece."""

_NAME, _PREFIX = 100, 155
_SIZE_AT, _SUM_AT, _MAGIC_AT = 124, 148, 257
_MAGIC = b"ustar\x0000"
_FIXED = b"0000644\0" + b"0000000\0" * 2
_NO_TIME = b"00000000000\0"


def header(name: str, size: int) -> bytes:
    """Return the 512 bytes in front of a member.

    Args:
        name: in ASCII, at most 255 characters, of parts that fit; names of a store do.
        size: bytes of the member, at most `LARGEST`.

    Raises:
        UserError: it cannot be said in this format.
    """
    prefix, short = _split(name)
    if not 0 <= size <= LARGEST:
        raise UserError(f"{name} has {size} bytes, and a bundle carries files of up to {LARGEST}")
    front = short.encode("ascii").ljust(_NAME, b"\0") + _FIXED + b"%011o\0" % size + _NO_TIME
    back = b"0" + bytes(_NAME) + _MAGIC + bytes(64) + b"0000000\0" * 2
    back += prefix.encode("ascii").ljust(_PREFIX, b"\0") + bytes(12)
    # The sum counts its own eight bytes as spaces.
    total = sum(front) + 8 * ord(" ") + sum(back)
    return front + b"%06o\0 " % total + back


def padding(size: int) -> bytes:
    """Return the zeros that fill up the last block of a member."""
    return bytes(-size % BLOCK)


def span(size: int) -> int:
    """Return how many bytes a member takes, header and padding included."""
    return BLOCK + size + -size % BLOCK


def is_fit(name: str) -> bool:
    """Say whether a name can be said in this format."""
    try:
        return name.isascii() and bool(_split(name))
    except UserError:
        return False


def size_in(block: bytes) -> int | None:
    """Return the size that a header claims, None when there are no eleven octal digits."""
    field = block[_SIZE_AT : _SIZE_AT + _DIGITS]
    return int(field, 8) if len(field) == _DIGITS and not field.strip(b"01234567") else None


def claims(block: bytes) -> tuple[bool, bool]:
    """Say of the first block of a file whether its name is a bundle's, and whether it is a tar."""
    named = block.startswith(LIST_FILE.encode() + b"\0")
    return named, block[_MAGIC_AT : _MAGIC_AT + len(_MAGIC)] == _MAGIC


def is_consistent(block: bytes) -> bool:
    """Say whether a header's sum is right, so that it was written as it stands."""
    rest = block[:_SUM_AT] + b" " * 8 + block[_SUM_AT + 8 :]
    field = block[_SUM_AT : _SUM_AT + 8].strip(b"\0 ")
    return bool(field) and not field.strip(b"01234567") and int(field, 8) == sum(rest)


def _split(name: str) -> tuple[str, str]:
    if len(name) <= _NAME:
        return "", name
    cut = name.rfind("/", 0, _PREFIX + 1)
    if cut < 1 or len(name) - cut - 1 > _NAME:
        raise UserError(f"the name {name[:90]!r} is too long for a bundle", about=name[:90])
    return name[:cut], name[cut + 1 :]
