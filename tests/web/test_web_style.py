"""Contrast, computed from the style itself (WCAG 2.2, success criteria 1.4.3 and 1.4.11)."""

import re
from importlib.resources import files

import pytest

STYLE = files("emeritus.web").joinpath("static", "emeritus.css").read_text()
TEXT, SHAPE = 4.5, 3.0
PAIRS = (
    ("ink", "paper", TEXT),
    ("ink", "field", TEXT),
    ("quiet", "paper", TEXT),
    ("quiet", "field", TEXT),
    ("accent", "paper", TEXT),
    ("good", "paper", SHAPE),
    ("waiting", "paper", SHAPE),
    ("harm", "paper", TEXT),
    ("harm", "field", SHAPE),
    ("control", "paper", SHAPE),
    ("control", "field", SHAPE),
)


def scheme(name: str) -> dict[str, str]:
    blocks = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    light = _colours(blocks[0])
    return {"light": light, "dark": light | _colours(blocks[1]), "print": _colours(blocks[2])}[name]


def _colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--(\w+): (#[0-9a-f]+);", block))


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
    channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_the_guideline_does() -> None:
    assert contrast("#000000", "#fff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_every_pair_of_colours_can_be_told_apart(
    name: str, front: str, back: str, least: float
) -> None:
    colours = scheme(name)
    assert contrast(colours[front], colours[back]) >= least


def test_paper_in_print_is_white_and_words_are_dark() -> None:
    colours = scheme("print")
    assert colours["paper"] == "#fff"
    assert contrast(colours["quiet"], colours["paper"]) >= 7


def test_colours_stand_only_in_the_schemes() -> None:
    outside = re.sub(r":root \{.*?\}", "", STYLE, flags=re.DOTALL)
    assert re.findall(r"#[0-9a-f]{3,8}\b", outside) == []


def test_every_tone_has_a_shape_of_its_own() -> None:
    rules = {
        tone: re.findall(rf"\.state\.{tone}::before \{{(.*?)\}}", STYLE, re.DOTALL)[0]
        for tone in ("good", "waiting", "harm")
    }
    assert "background: none" in rules["waiting"]
    assert "border-radius: 0" in rules["harm"]


def test_motion_stops_for_those_who_ask() -> None:
    assert "prefers-reduced-motion: reduce" in STYLE
