"""Bech32, in which `age` writes its keys (BIP 173, without its limit of length)."""

from emeritus.vault.errors import KeyUnusable

_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECK_LETTERS = 6


def to_bech32(human: str, data: bytes) -> str:
    """Write bytes in lower case; `human` is the part that people recognise."""
    values = _regroup(data, 8, 5, pad=True)
    rest = _polymod([*_expand(human), *values, *([0] * _CHECK_LETTERS)]) ^ 1
    check = [(rest >> 5 * (_CHECK_LETTERS - 1 - place)) & 31 for place in range(_CHECK_LETTERS)]
    return f"{human}1{''.join(_LETTERS[value] for value in (*values, *check))}"


def from_bech32(text: str, human: str) -> bytes:
    """Read bytes, all in one case.

    Raises:
        KeyUnusable: the text is no such thing, or a letter of it is wrong.
    """
    lower = text.lower()
    given, _, letters = lower.rpartition("1")
    known = all(letter in _LETTERS for letter in letters) and len(letters) > _CHECK_LETTERS
    if given != human or text not in (lower, text.upper()) or not known:
        raise KeyUnusable(f"expected a key that begins with {human.upper()}1, found something else")
    values = [_LETTERS.index(letter) for letter in letters]
    if _polymod([*_expand(human), *values]) != 1:
        raise KeyUnusable("a letter of this key is wrong; copy it again from where it was written")
    return bytes(_regroup(bytes(values[:-_CHECK_LETTERS]), 5, 8, pad=False))


def _expand(human: str) -> list[int]:
    return [ord(one) >> 5 for one in human] + [0] + [ord(one) & 31 for one in human]


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for place, part in enumerate(_GENERATOR):
            check ^= part if top >> place & 1 else 0
    return check


def _regroup(data: bytes, width: int, into: int, *, pad: bool) -> list[int]:
    """Cut a row of numbers of `width` bits into numbers of `into` bits."""
    held, bits, out = 0, 0, []
    for value in data:
        held, bits = held << width | value, bits + width
        while bits >= into:
            bits -= into
            out.append(held >> bits & (1 << into) - 1)
        held &= (1 << bits) - 1
    if pad and bits:
        out.append(held << into - bits)
    elif not pad and (bits >= width or held):
        raise KeyUnusable("this key has bits beyond its end; copy it again")
    return out
