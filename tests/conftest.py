"""What many tests need: the real small model."""

import os
from pathlib import Path

import pytest

_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"


@pytest.fixture(scope="session")
def real_gguf() -> Path:
    """The file of the real small model."""
    default = Path(__file__).parent.parent / "downloads" / _NAME
    file = Path(os.environ.get("EMERITUS_TEST_GGUF", default))
    if not file.is_file():
        pytest.fail(f"expected the test model at {file}; put it there or set EMERITUS_TEST_GGUF")
    return file
