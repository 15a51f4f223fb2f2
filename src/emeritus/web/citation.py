"""How to cite a model, or a record: BibTeX, with the digest that names exactly these bytes."""

from emeritus.assembly.readings import Dossier, Footing
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


def record_bibtex(footing: Footing) -> str:
    """Return a BibTeX entry of type `misc` for a record as it is under a checkpoint."""
    origin = str(shown(footing.origin))
    key = "".join(
        c for c in origin.replace("/", "-") if c.isascii() and (c.isalnum() or c in "-_.")
    )
    return "\n".join(
        (
            f"@misc{{{key}-{footing.size},",
            "  title = {{An Emeritus record}},",
            f"  howpublished = {{Emeritus record {_latex(origin)}, {footing.size} entries}},",
            f"  year = {{{year(footing.at)}}},",
            f"  note = {{checkpoint root sha256:{_latex(footing.root)}}}",
            "}",
        )
    )


def _latex(text: str) -> str:
    return str(shown(text)).translate(_LATEX)


def _key(dossier: Dossier) -> str:
    allowed = "".join(c for c in dossier.name if c.isascii() and (c.isalnum() or c in "-_."))
    return f"emeritus-{allowed}"
