"""How to cite a model: BibTeX, with the digest that names exactly these bytes."""

from emeritus.assembly.readings import Dossier
from emeritus.web.figures import shown, year

# The characters that LaTeX reads as commands, and how it prints them.
_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{character: "\\" + character for character in "#$%&_"},
        "\n": " ",
        "\t": " ",
    }
)


def bibtex(dossier: Dossier) -> str:
    """Return a BibTeX entry of type `misc` for a model as this record holds it."""
    name = _latex(dossier.name)
    origin = _latex(dossier.footing.origin)
    return "\n".join(
        (
            f"@misc{{{_key(dossier)},",
            f"  title = {{{{{name}}}}},",
            f"  howpublished = {{Emeritus record {origin}, entry {dossier.deposit_position}}},",
            f"  year = {{{year(dossier.deposited_at)}}},",
            f"  note = {{{_latex(dossier.identity)}}}",
            "}",
        )
    )


def _latex(text: str) -> str:
    return str(shown(text)).translate(_LATEX)


def _key(dossier: Dossier) -> str:
    allowed = "".join(c for c in dossier.name if c.isascii() and (c.isalnum() or c in "-_."))
    return f"emeritus-{allowed}"
