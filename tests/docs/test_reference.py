"""The documentation is a tested interface."""

import re
from pathlib import Path

import pytest

from docs.generate import PAGES, REFERENCE
from emeritus.cli.main import _SECTIONS

DOCS = REFERENCE.parent
ROOT = DOCS.parent


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_up_to_date(name: str) -> None:
    written = (REFERENCE / name).read_text(encoding="utf-8")
    assert written == PAGES[name](), "run 'make reference'"


def test_every_command_is_on_its_page() -> None:
    page = (REFERENCE / "command-line.md").read_text(encoding="utf-8")
    for commands in _SECTIONS.values():
        for command in commands:
            assert f"### emeritus {command.name}\n" in page


@pytest.mark.parametrize(
    "page", [*sorted(DOCS.rglob("*.md")), ROOT / "README.md", ROOT / "ARCHITECTURE.md"], ids=str
)
def test_links_to_files_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_paths_named_in_prose_exist() -> None:
    for page in (ROOT / "README.md", ROOT / "ARCHITECTURE.md"):
        text = page.read_text(encoding="utf-8")
        for path in re.findall(r"`((?:src|tests|docs|benchmarks)/[\w./-]+)`", text):
            assert (ROOT / path).exists(), path
