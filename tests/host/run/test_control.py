"""The socket on which people ask a living host."""

import asyncio
import getpass
import socket
import stat
from contextlib import asynccontextmanager

import pytest

from host.run.control import Control, ControlError, ask_host


@asynccontextmanager
async def control(folder):
    """A control that a stand-in for the host's loop serves: it answers with what was asked, and by whom."""
    listening = Control(folder / "c")
    await listening.listen()

    async def serve():
        while True:
            while listening.asked:
                asked = listening.asked.popleft()
                asked.answer({"heard": asked.question, "by": asked.by})
            await asyncio.sleep(0.001)

    serving = asyncio.create_task(serve())
    yield listening
    serving.cancel()
    await listening.close()


async def raw(path, line):
    """Return what is answered to ``line``."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(line)
    answer = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    await writer.wait_closed()
    return answer


def test_a_question_is_answered_with_the_name_that_the_kernel_knows(tmp_path):
    async def talk():
        async with control(tmp_path) as listening:
            assert stat.S_IMODE(listening.path.stat().st_mode) == 0o600
            answer = await asyncio.to_thread(ask_host, listening.path, {"do": "status", "by": "somebody else"})
            assert answer == {"heard": {"do": "status", "by": "somebody else"}, "by": getpass.getuser()}
        assert not listening.path.exists()

    asyncio.run(talk())


@pytest.mark.parametrize("line", [b"status\n", b"[1]\n", b"\xff\n"])
def test_what_is_no_question_is_told_so(tmp_path, line):
    async def talk():
        async with control(tmp_path) as listening:
            assert b"not a JSON object" in await raw(listening.path, line)
            assert not listening.asked

    asyncio.run(talk())


def test_too_long_a_line_is_cut_off(tmp_path):
    async def talk():
        async with control(tmp_path) as listening:
            try:
                assert await raw(listening.path, b"x" * (1 << 18)) == b""
            except ConnectionError:
                assert not listening.asked

    asyncio.run(talk())


def test_a_socket_that_a_killed_process_has_left_is_replaced(tmp_path):
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "c"))

    async def talk():
        async with control(tmp_path) as listening:
            assert (await asyncio.to_thread(ask_host, listening.path, {}))["heard"] == {}

    asyncio.run(talk())


def test_a_file_that_is_no_socket_is_left_alone(tmp_path):
    (tmp_path / "c").write_text("dear")
    with pytest.raises(ControlError, match="no socket"):
        asyncio.run(Control(tmp_path / "c").listen())
    assert (tmp_path / "c").read_text() == "dear"


def test_where_no_host_listens_is_told(tmp_path):
    with pytest.raises(ControlError, match="no host listens there"):
        ask_host(tmp_path / "c", {})


def test_who_waits_when_the_host_ends_is_told_that_nothing_is_known(tmp_path):
    async def talk():
        listening = Control(tmp_path / "c")
        await listening.listen()
        waiting = asyncio.create_task(asyncio.to_thread(ask_host, listening.path, {}))
        while not listening.asked:
            await asyncio.sleep(0.001)
        await listening.close()
        with pytest.raises(ControlError):
            await waiting

    asyncio.run(talk())
