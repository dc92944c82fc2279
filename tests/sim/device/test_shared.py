"""Ring memories in a file that one process claims."""

import fcntl
import os
import socket
from pathlib import Path

import numpy as np
import pytest

from sim.device.shared import InUse, SharedMemory, clear, listen


def test_memories_lie_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "records"
    memory = SharedMemory(path)
    one, two = memory.words(3), memory.words(1000)
    one[1], two[999] = 0x1122, 0x3344
    for array in (one, two):
        offset, size = memory.place(array)
        assert offset % 4096 == 0 and np.fromfile(path, np.uint64, size // 8, offset=offset).tolist() == array.tolist()
    offset, size = memory.place(two.view(np.uint8)[:80])
    assert (offset, size) == (memory.place(two)[0], 80)
    with pytest.raises(ValueError, match="does not lie in this file"):
        memory.place(np.zeros(3))
    memory.close()
    assert two[999] == 0x3344 and not path.exists()


def test_one_claims_it(tmp_path: Path) -> None:
    path = tmp_path / "records"
    memory = SharedMemory(path)
    with pytest.raises(InUse, match=f"{path}: in use"):
        SharedMemory(path)
    memory.close()
    SharedMemory(path).close()


def test_what_a_dead_one_left_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "records"
    dead = SharedMemory(path)
    held = dead.words(4)
    held[:] = 7
    fcntl.flock(dead._file, fcntl.LOCK_UN)  # as death does it
    memory = SharedMemory(path)
    memory.words(4)[:] = 9
    assert held.tolist() == [7] * 4
    memory.close()
    os.close(dead._file)


def test_a_socket_is_the_users_alone_and_a_dead_one_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("s")
    listener = listen(path)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(InUse, match="s: in use"):
        clear(path)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("s")
    listener.close()
    clear(path)
    assert not path.exists()
    clear(path)


def test_a_path_that_is_too_long_is_named(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 120)
    with pytest.raises(OSError) as error:
        listen(path)
    assert error.value.filename == str(path) and "too long" in str(error.value.strerror)
