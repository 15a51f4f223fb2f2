"""Files and functions stay small enough to be read; a raise of a limit needs a decision page."""

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "emeritus"
# Two files that stand alone in every store cannot be split; decision pages say so.
READER = SOURCE / "vault" / "reader"
STAND_ALONE = {READER / "read_emeritus.py", READER / "run_emeritus.py"}
FILES = sorted(path for path in SOURCE.rglob("*.py") if path not in STAND_ALONE)

MAX_FILE_LINES = 500
MAX_MEDIAN_FILE_LINES = 150
MAX_FUNCTION_LINES = 50
MAX_MEDIAN_FUNCTION_LINES = 12
MAX_FILES_IN_A_PACKAGE = 20


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each function's name and its lines of code, its docstring not counted."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            skipped = first.end_lineno - first.lineno + 1 if is_docstring else 0  # type: ignore[operator] # parsed from a file, so it has lines
            yield f"{path.name}:{node.name}", node.end_lineno - node.lineno + 1 - skipped  # type: ignore[operator] # the same


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_file_is_too_long() -> None:
    assert {str(path): lines(path) for path in FILES if lines(path) > MAX_FILE_LINES} == {}


def test_most_files_are_short() -> None:
    assert statistics.median(lines(path) for path in FILES) <= MAX_MEDIAN_FILE_LINES


def test_no_function_is_too_long() -> None:
    long = {
        n: count for path in FILES for n, count in functions(path) if count > MAX_FUNCTION_LINES
    }
    assert long == {}


def test_most_functions_are_short() -> None:
    every = [count for path in FILES for _, count in functions(path)]
    assert statistics.median(every) <= MAX_MEDIAN_FUNCTION_LINES


def test_no_package_is_a_drawer() -> None:
    folders = {path.parent for path in FILES}
    crowded = {str(one): len(list(one.glob("*.py"))) for one in folders}
    assert {name: n for name, n in crowded.items() if n > MAX_FILES_IN_A_PACKAGE} == {}


@pytest.mark.parametrize("name", ["utils", "helpers", "core", "manager", "misc", "common"])
def test_no_module_has_a_name_that_says_nothing(name: str) -> None:
    assert [str(path) for path in SOURCE.rglob(f"{name}*") if path.stem == name] == []
