"""The two simulated devices, each built once and reset by every test."""

import pytest

from tests.device.rig import Rig


@pytest.fixture(scope="session")
def tiny() -> Rig:
    return Rig("tiny")


@pytest.fixture(scope="session")
def full() -> Rig:
    return Rig("sim")
