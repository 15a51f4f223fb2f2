"""Text from strangers, made safe to look at in a terminal."""

import unicodedata

_HARMLESS = {"\n", "\t"}
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def printable(text: str) -> str:
    r"""Return `text` with control, format and unassigned characters written as `\u001b`.

    A terminal obeys some of them: they move the cursor, change the title, or turn the direction
    of writing (Unicode TR 36). Line feeds and tabs stay.
    """
    return "".join(
        one
        if one in _HARMLESS or unicodedata.category(one) not in _HIDDEN
        else f"\\u{ord(one):04x}"
        for one in text
    )
