"""Fixtures and settings that all tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run; time limits belong to the machine, not to the code.
settings.register_profile("tickgate", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("tickgate")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of real and third-party data; tests that use it are skipped where there is none."""
    named = os.environ.get("TICKGATE_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no market data: {folder} does not exist (set TICKGATE_DATA)")
    return folder
