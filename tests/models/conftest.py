import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of third-party data: ``$TICKGATE_DATA``, else ``shared/data`` beside the checkout."""
    folder = Path(os.environ.get("TICKGATE_DATA") or Path(__file__).parents[3] / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no third-party data at {folder}; set TICKGATE_DATA")
    return folder
